// Planned work and agreed hours: what does not count, and who said so.
import { useState } from 'preact/hooks'
import { useApi } from '../lib/api'
import { useNow } from '../lib/clock'
import { count } from '../lib/format'
import { maintenanceAnswer, texts, windowFault, windowState, type Calendar, type Maintenance, type WindowState } from '../lib/network'
import { parseInstant } from '../lib/range'
import { usePlace } from '../lib/router'
import { mayAct, mayManage, session } from '../lib/session'
import { useStore } from '../lib/store'
import { dateLong, localZone, wall } from '../lib/time'
import type { Page as Paged } from '../lib/types'
import { useCompany } from '../ui/company'
import { Choice, FormCard, Outcome, Sure, Text, useSend, useSites } from '../ui/form'
import { Mark } from '../ui/icons'
import { Card, Empty, Load } from '../ui/parts'
import { Page } from '../ui/shell'
import { Answer, Demo } from '../ui/state'
import { params } from '../ui/ledger'

const order: WindowState[] = ['now', 'next', 'repeats', 'calendar', 'past']
const words: Record<WindowState, string> = { now: 'Runs now', next: 'Comes', repeats: 'Comes again and again', calendar: 'From a calendar', past: 'Over' }

export function MaintenancePage() {
  const site = usePlace().query.get('site')
  const company = useCompany()
  const who = useStore(session)
  const now = useNow(30)
  const of = useApi<Paged<Maintenance>>(`maintenance?${params({ limit: '1000', site })}`, ['inventory'], 120)
  const calendars = useApi<Paged<Calendar>>('calendars?limit=1000', ['inventory'], 600)
  const items = [...(of.data?.items ?? [])].sort((a, b) => order.indexOf(windowState(a, now)) - order.indexOf(windowState(b, now)) || (b.from ?? '').localeCompare(a.from ?? ''))
  return (
    <Page title="Planned work" crumbs={[{ text: 'Uptime and SLA', to: '/sla' }]}>
      <div class="head">
        <h1 class="eyebrow">Planned work and calendars<Demo on={company.data?.demo} /></h1>
        {of.data ? <Answer phrases={maintenanceAnswer(items, now)} /> : <p class="answer">&nbsp;</p>}
      </div>
      <div class="grid">
        <div class="stack c8">
          <Card title="Planned work" chip={items.length > 0 && count(items.length)}>
            <Load of={of} what="The planned work could not be read." rows={4} row={60}>
              {() => (items.length ? <ul class="list">{items.map((m) => <Row key={m.name} m={m} now={now} may={mayAct(who)} changed={of.again} />)}</ul> : <Empty>There is none{mayAct(who) ? ': plan some beside.' : '.'}</Empty>)}
            </Load>
          </Card>
          <Card title="Calendars" more={<span class="mute">hours that count</span>}>
            <Load of={calendars} what="The calendars could not be read." rows={2}>
              {(p) => (p.items.length ? <ul class="list">{p.items.map((c) => <CalendarRow key={c.name} c={c} may={mayManage(who)} changed={calendars.again} />)}</ul> : <Empty>There is no calendar: the whole day counts, every day.</Empty>)}
            </Load>
          </Card>
        </div>
        <div class="stack c4">
          {mayAct(who) && <Plan changed={of.again} />}
          {mayManage(who) && <NewCalendar changed={calendars.again} />}
        </div>
      </div>
    </Page>
  )
}

function Row({ m, now, may, changed }: { m: Maintenance; now: number; may: boolean; changed: () => void }) {
  const s = windowState(m, now)
  const sender = useSend(changed)
  const at = (t: string) => (Number.isNaN(Date.parse(t)) ? t : dateLong(t, m.time_zone && !/Z|[+-]\d\d:\d\d$/.test(t) ? m.time_zone : localZone))
  return (
    <li class={s === 'past' ? 'over' : ''}>
      <span class="sp min0">
        <span class="two strong">{m.name}{s === 'now' && <span class="chip maint gapl"><Mark state="maintenance" size={10} />{words.now}</span>}</span>
        <span class="two wraps">{texts(m.scope).join(', ') || 'all'}</span>
        <span class="two wraps">{m.ical ? 'a published calendar' : m.rrule ? `${m.rrule}${m.duration ? `, ${m.duration} each` : ''}` : `${at(m.from ?? '')} to ${at(m.to ?? '')}`}{m.reason ? `: ${m.reason}` : ''}</span>
        <Outcome of={sender} />
      </span>
      {s !== 'now' && <span class="mute small desk">{words[s]}</span>}
      {may && <Sure label="Remove" question={`Remove ${m.name}? Its time counts again.`} busy={sender.busy} act={() => void sender.send('DELETE', `maintenance/${encodeURIComponent(m.name)}`, undefined, 'Removed')} />}
    </li>
  )
}

function Plan({ changed }: { changed: () => void }) {
  const sites = useSites()
  const [at] = useState(Date.now())
  const [f, set] = useState({ name: '', kind: 'site', what: '', from: wall(at), to: wall(at + 2 * 3600_000), reason: '' })
  const sender = useSend(changed)
  const edit = (patch: Partial<typeof f>) => set({ ...f, ...patch })
  const what = f.kind === 'site' ? f.what || sites[0]?.[0] || '' : f.what
  const read = (t: string) => {
    const s = parseInstant(t.trim(), Date.now() / 1000)
    return s === null ? null : new Date(s * 1000)
  }
  const submit = async () => {
    const from = read(f.from)
    const to = read(f.to)
    const fault = windowFault(from, to, f.reason, Date.now())
    if (fault) return sender.say(fault)
    if (f.kind !== 'all' && !what.trim()) return sender.say(`Name the ${f.kind}.`)
    const name = f.name.trim() || `${f.kind === 'all' ? 'all' : what.trim().toLowerCase().replace(/[^a-z0-9.-]+/g, '-')}-${f.from.replace(/\D+/g, '')}`
    const body = { name, scope: [f.kind === 'all' ? 'all' : `${f.kind}:${what.trim()}`], from: from!.toISOString(), to: to!.toISOString(), ...(f.reason.trim() ? { reason: f.reason.trim() } : {}) }
    if (await sender.send('POST', 'maintenance', body, `${name} is planned: alerts are held back in it, and its time is left out`)) set({ ...f, name: '', reason: '' })
  }
  return (
    <FormCard title="Plan work" icon="clock" about="In this time nothing counts as down, and alerts are held back. It is still measured." onSubmit={() => void submit()}>
      <div class="pair">
        <Choice label="About" value={f.kind} set={(kind) => edit({ kind, what: '' })} options={[['site', 'a site'], ['device', 'a device'], ['circuit', 'a circuit'], ['service', 'a service'], ['all', 'everything']]} />
        {f.kind === 'site' ? <Choice label="Site" value={what} set={(v) => edit({ what: v })} options={sites} /> : f.kind !== 'all' && <Text label="Its name" value={f.what} set={(v) => edit({ what: v })} />}
      </div>
      <div class="pair"><Text label="From" value={f.from} set={(from) => edit({ from })} /><Text label="To" value={f.to} set={(to) => edit({ to })} /></div>
      <p class="tiny mute">Times are in {localZone}. For work that comes again, <a class="link" href="/docs/inventory#maintenance">apply a file</a> with a rule or a calendar.</p>
      <Text label="Reason" value={f.reason} set={(reason) => edit({ reason })} hint="needed for time that has passed" />
      <Text label="Name" value={f.name} set={(name) => edit({ name })} hint="made of the rest when empty" />
      <Outcome of={sender} />
      <div><button class="btn pri" disabled={sender.busy}>Plan it</button></div>
    </FormCard>
  )
}

function CalendarRow({ c, may, changed }: { c: Calendar; may: boolean; changed: () => void }) {
  const sender = useSend(changed)
  const hours = (c.hours ?? []).map((h) => `${texts(h.days).join(', ') || 'every day'} ${h.from ?? '00:00'} to ${h.to ?? '24:00'}`).join('; ')
  return (
    <li>
      <span class="sp min0">
        <span class="two strong">{c.name}</span>
        <span class="two wraps">{hours || 'the whole day, every day'}, {c.time_zone || 'UTC'}{texts(c.holidays).length > 0 && `; without ${texts(c.holidays).join(', ')}`}</span>
        <Outcome of={sender} />
      </span>
      {may && <Sure label="Remove" question={`Remove ${c.name}?`} busy={sender.busy} act={() => void sender.send('DELETE', `calendars/${encodeURIComponent(c.name)}`, undefined, 'Removed')} />}
    </li>
  )
}

function NewCalendar({ changed }: { changed: () => void }) {
  const [f, set] = useState({ name: '', days: 'mon-fri', from: '08:00', to: '18:00', zone: localZone, holidays: '' })
  const sender = useSend(changed)
  const edit = (patch: Partial<typeof f>) => set({ ...f, ...patch })
  const list = (t: string) => t.split(/[,\s]+/).filter(Boolean)
  const submit = () => {
    if (!f.name.trim()) return sender.say('A name is needed, for example office-hours.')
    void sender.send('POST', 'calendars', { name: f.name.trim(), time_zone: f.zone.trim(), hours: [{ days: list(f.days), from: f.from.trim(), to: f.to.trim() }], holidays: list(f.holidays) }, `${f.name.trim()} is there; sites, contracts and objectives can name it`)
  }
  return (
    <FormCard title="Add a calendar" icon="uptime" about="The hours that were agreed. Outside of them nothing counts, for or against." onSubmit={submit}>
      <div class="pair"><Text label="Calendar" value={f.name} set={(name) => edit({ name })} hint="office-hours" /><Text label="Days" value={f.days} set={(days) => edit({ days })} hint="mon-fri" /></div>
      <div class="pair"><Text label="Opens" value={f.from} set={(from) => edit({ from })} /><Text label="Closes" value={f.to} set={(to) => edit({ to })} /></div>
      <Text label="Time zone" value={f.zone} set={(zone) => edit({ zone })} hint="Europe/Lisbon" />
      <Text label="Holidays" value={f.holidays} set={(holidays) => edit({ holidays })} hint="2026-12-24, 12-25" />
      <Outcome of={sender} />
      <div><button class="btn" disabled={sender.busy}>Add it</button></div>
    </FormCard>
  )
}
