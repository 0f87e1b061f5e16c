// Join another site: one line for the other host.
import { useState } from 'preact/hooks'
import { request } from '../lib/api'
import { now } from '../lib/clock'
import { when } from '../lib/time'
import type { JoinToken } from '../lib/types'
import { useCompany } from './company'
import { Icon } from './icons'
import { Copy } from './parts'

export const siteName = /^[a-z0-9][a-z0-9.-]*$/

export function JoinSite({ span, hint, changed }: { span: string; hint?: string; changed?: () => void }) {
  const { data } = useCompany()
  const [site, setSite] = useState('')
  const [token, setToken] = useState<JoinToken | undefined>()
  const [wrong, setWrong] = useState('')
  const [busy, setBusy] = useState(false)
  const make = async (e: Event) => {
    e.preventDefault()
    const name = site.trim().toLowerCase()
    if (!siteName.test(name)) return setWrong('A site’s name has small letters, digits, dots and dashes, for example porto.')
    setBusy(true)
    setWrong('')
    try {
      if (!data?.sites.some((s) => s.name === name)) await request('POST', 'apply', { sites: [{ name }] })
      setToken(await request<JoinToken>('POST', 'tokens', { site: name, ttl: '72h' }))
      changed?.()
    } catch (err) {
      setWrong((err as Error).message)
    } finally {
      setBusy(false)
    }
  }
  return (
    <section class={`card ${span}`} id="join">
      <div class="pad">
        <span class="ico"><Icon name="pin" size={20} /></span>
        <h2>Join another site</h2>
        <p class="sub">Install the package there and run one line. The token works once, for 72 hours.</p>
        {token ? (
          <>
            <label for="tk">On the other host</label>
            <div class="row"><input id="tk" class="mono" readonly type="text" value={token.command} onFocus={(e) => e.currentTarget.select()} /><Copy text={token.command} label="Copy the command" /></div>
            <p class="small mute">It is shown only now, and ends {when(token.expires_at, now())}.</p>
          </>
        ) : (
          <form onSubmit={make} class="padform">
            <label for="js">Name of the site</label>
            <input id="js" type="text" placeholder="porto" autocomplete="off" autocapitalize="none" spellcheck={false} list="sites" value={site} aria-invalid={wrong ? true : undefined} aria-describedby={wrong ? 'jse' : undefined} onInput={(e) => setSite(e.currentTarget.value)} />
            <datalist id="sites">{data?.sites.map((s) => <option value={s.name} />)}</datalist>
            {wrong && <p id="jse" class="err" role="alert"><Icon name="info" size={14} /><span>{wrong}</span></p>}
            <button class="btn" disabled={busy}>Make the line</button>
            {hint && <p class="tiny mute">It will read <span class="mono">{hint}</span></p>}
          </form>
        )}
      </div>
    </section>
  )
}
