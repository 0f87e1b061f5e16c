// Adding a device: what would change is shown before anything is saved.
import { useState } from 'preact/hooks'
import { request } from '../lib/api'
import { href } from '../lib/router'
import { useCompany } from './company'
import { Icon } from './icons'
import { plainName } from './state'

interface Change { kind: string; name: string; action: string; fields?: unknown[] }

/** A name made of an address: core-1.example.net stays, 192.0.2.1 stays, others lose what names may not hold. */
export function nameFor(address: string): string {
  return address.trim().toLowerCase().replace(/[^a-z0-9.-]+/g, '-').replace(/^[^a-z0-9]+|-+$/g, '')
}

export interface NewDevice { address: string; name: string; site: string; community: string }

/** The body of apply. Without a community the device is only pinged. */
export function inventoryOf(d: NewDevice) {
  const name = d.name.trim() || nameFor(d.address)
  const device = { name, site: d.site, address: d.address.trim() }
  if (!d.community) return { devices: [device] }
  return {
    credentials: [{ name, snmp: { version: '2c', community: d.community } }],
    devices: [{ ...device, credential: name }],
  }
}

export function AddDevice({ span, title, changed }: { span: string; title: string; changed?: () => void }) {
  const { data, again } = useCompany()
  const sites = data?.sites ?? []
  const [form, set] = useState<NewDevice>({ address: '', name: '', site: '', community: '' })
  const [effect, setEffect] = useState<Change[] | undefined>()
  const [added, setAdded] = useState('')
  const [wrong, setWrong] = useState('')
  const [busy, setBusy] = useState(false)
  const d = { ...form, site: form.site || sites[0]?.name || 'main' }
  const edit = (patch: Partial<NewDevice>) => {
    set({ ...form, ...patch })
    setEffect(undefined)
    setWrong('')
  }
  const send = async (dry: boolean) => {
    setBusy(true)
    setWrong('')
    try {
      const body = inventoryOf(d)
      const withSite = sites.length ? body : { sites: [{ name: d.site }], ...body }
      const r = await request<{ changes: Change[] }>('POST', `apply${dry ? '?dry_run=true' : ''}`, withSite)
      if (dry) return setEffect(r.changes.filter((c) => c.action !== 'unchanged'))
      setAdded(d.name.trim() || nameFor(d.address))
      set({ address: '', name: '', site: d.site, community: '' })
      setEffect(undefined)
      changed?.()
      again()
    } catch (e) {
      setWrong((e as Error).message)
    } finally {
      setBusy(false)
    }
  }
  const submit = (e: Event) => {
    e.preventDefault()
    if (!d.address.trim()) return setWrong('An address is needed: 192.168.1.2 or switch-1.example.')
    void send(effect === undefined)
  }
  return (
    <section class={`card ${span}`} id="add">
      <div class="pad">
        <span class="ico"><Icon name="device" size={20} /></span>
        <h2>{title}</h2>
        <p class="sub">An address and, if it speaks SNMP, a community. What would change is shown before anything is saved.</p>
        {added && <p class="small st up"><Icon name="check" size={14} /><a class="u" href={href(`/devices/${encodeURIComponent(added)}`)}>{added}</a> is added; its first poll comes within a minute.</p>}
        <form onSubmit={submit} class="padform">
          <label for="ad">Address</label>
          <input id="ad" type="text" placeholder="192.168.1.2 or switch-1.example" autocomplete="off" autocapitalize="none" spellcheck={false} value={form.address} aria-invalid={wrong ? true : undefined} aria-describedby={wrong ? 'ade' : undefined} onInput={(e) => edit({ address: e.currentTarget.value })} />
          <div class="pair">
            <div><label for="co2">SNMP community</label><input id="co2" type="password" placeholder="none: pings only" autocomplete="off" value={form.community} onInput={(e) => edit({ community: e.currentTarget.value })} /></div>
            <div>
              <label for="si">Site</label>
              <select id="si" value={d.site} onChange={(e) => edit({ site: e.currentTarget.value })}>
                {sites.length ? sites.map((s) => <option value={s.name}>{plainName(s.display_name || s.name)}</option>) : <option value="main">main</option>}
              </select>
            </div>
          </div>
          {wrong && <p id="ade" class="err" role="alert"><Icon name="info" size={14} /><span>{wrong}</span></p>}
          {effect && (
            <ul class="effect" role="status">
              {effect.map((c) => <li><b class="med">{c.action}</b> {c.kind.replace(/s$/, '')} <span class="mono">{c.name}</span></li>)}
              {!effect.length && <li>Nothing would change: it is there already.</li>}
            </ul>
          )}
          <div class="row">
            <button class="btn pri" disabled={busy || effect?.length === 0}>{effect?.length ? 'Add it' : 'Check and add'}</button>
            {effect && <button type="button" class="btn ghost" onClick={() => setEffect(undefined)}>Not now</button>}
          </div>
        </form>
      </div>
    </section>
  )
}
