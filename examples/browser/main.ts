import { startDigitPad } from './digits/digit-pad.ts'
import { startTabs } from './page/tabs.ts'
import { startTheme } from './page/theme.ts'
import { startTextClassifier } from './text/text-classifier.ts'

startTheme()
startTabs({ texts: startTextClassifier, digits: startDigitPad })
