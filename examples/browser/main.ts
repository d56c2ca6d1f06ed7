import { startTabs } from './page/tabs.ts'
import { startTheme } from './page/theme.ts'
import { startTextClassifier } from './text/text-classifier.ts'

startTheme()
startTabs()
startTextClassifier()
