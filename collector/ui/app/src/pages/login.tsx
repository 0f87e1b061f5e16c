import { useEffect, useRef, useState } from 'preact/hooks'
import { ApiError, request } from '../lib/api'
import { Hatch, Icon, Logo, Mark } from '../ui/icons'

export function Login({ signedIn }: { signedIn: () => Promise<void> }) {
  const [name, setName] = useState('admin')
  const [password, setPassword] = useState('')
  const [wrong, setWrong] = useState('')
  const [busy, setBusy] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    document.title = 'Sign in · ninewatch'
    field.current?.focus()
  }, [])

  const submit = async (e: Event) => {
    e.preventDefault()
    setBusy(true)
    try {
      await request('POST', 'session', { name, password })
      await signedIn()
    } catch (err) {
      setWrong(reason(err as ApiError))
      setPassword('')
      field.current?.focus()
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <Hatch />
      <main class="lg" id="main">
        <section class="lbox">
          <div class="row lbrand"><Logo size={30} /><span>ninewatch</span></div>
          <h1>Sign in</h1>
          <p class="sub">{location.host}</p>
          <form onSubmit={submit}>
            <label for="u">Name</label>
            <input id="u" type="text" autocomplete="username" autocapitalize="none" spellcheck={false} required value={name} onInput={(e) => setName(e.currentTarget.value)} />
            <label for="p">Password</label>
            <input id="p" ref={field} type="password" autocomplete="current-password" required value={password} aria-invalid={wrong ? true : undefined} aria-describedby={wrong ? 'pe' : undefined}
              onInput={(e) => setPassword(e.currentTarget.value)} />
            <p id="pe" class="err" role="alert">{wrong && <><Icon name="info" size={14} /><span>{wrong}</span></>}</p>
            <button class="btn pri wide" disabled={busy}>Sign in</button>
          </form>
          <p class="small mute hint">First start? The one-time password stands in the terminal that runs <span class="mono">ninewatch-collector up</span>.</p>
        </section>
        <footer class="small mute"><Mark state="up" size={10} /> Collector works</footer>
      </main>
    </>
  )
}

function reason(e: ApiError): string {
  if (e.status === 401) return e.detail || 'Name and password do not match.'
  if (e.status === 429) return e.detail || 'Too many tries. Wait a minute, then try again.'
  return e.detail || e.title
}
