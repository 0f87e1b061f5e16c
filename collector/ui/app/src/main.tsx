import { render } from 'preact'
import './css/tokens.css'
import './css/base.css'
import './css/app.css'
import { App } from './app'
import { interceptLinks } from './lib/router'

interceptLinks()
render(<App />, document.getElementById('app')!)
