/** Verses written for this example, in the manner of old ones: small, but with words and lines to learn. */
export const VERSES = `THE MILLER:
What says the river when the rain is done?
It says the wheel must turn, the grain must run,
And he that sleeps beneath the willow tree
Shall have no bread, nor any thanks from me.

THE WEAVER:
I hear the river, but it speaks to me
Of other cloth than thine: of sail and sea,
Of thread that runs from morning into night,
And patterns woven out of dark and light.

THE MILLER:
Thy thread is fair, good neighbour, but be told:
No man was ever warm in thread of gold.
Give me the plain grey wool, the honest coat,
And keep thy sail for some unlucky boat.

THE WEAVER:
And is there nothing that thy heart would find
Beyond the wheel that turns, the stones that grind?
The swallow goes to lands we do not know
And asks no leave of thee before it go.

THE MILLER:
The swallow has no daughter and no debt.
I had a heart, and I may have it yet;
But all the roads I wandered in my youth
Led back to bread, and bread is half of truth.

THE WEAVER:
Then tell me, neighbour, where the other half
Is kept: in sorrow's house, or in a laugh?
For I have sought it in the market place
And never found it written on a face.

THE SHEPHERD:
Good morrow, friends. What is it that you seek?
I have not heard a human word this week.
The hills are wide, the sheep have little wit,
And all my talk is wind, and rain on it.

THE MILLER:
We seek the truth, good shepherd, and we find
That half of it is bread. So says my mind.

THE WEAVER:
And I say half of it is thread, and song,
And something that was with us all along.

THE SHEPHERD:
Then sit you down; the evening has begun,
The hills are red, the labour here is done.
I saw a star come out above the fold,
And not a word was said, and nothing sold.

THE MILLER:
A star is well; but can a man be fed
On starlight, shepherd, when he has no bread?

THE SHEPHERD:
He cannot, miller. Nor can he be blessed
Who grinds all day and never takes his rest.
The river turns thy wheel and does not ask
What thou wilt give it for so great a task.

THE WEAVER:
He speaks it well. The river and the star,
The bread, the thread: we have them where we are.
Come, let us sit until the light is gone
And in the morning let the wheel go on.

THE MILLER:
So be it, then. I have a loaf to share,
And there is cheese, and there is room to spare.
Let him that has the song begin the song,
And he that has the bread will sing along.

ALL:
The river runs, the wheel goes round and round,
The thread is spun, the golden corn is ground;
And when the day is over and the night
Comes down the hill, we have the fire's light.
`
