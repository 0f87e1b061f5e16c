// Who may do what: accounts, tokens for programs, the own password, and what was changed by whom.
import { useState } from 'preact/hooks'
import { request, useApi } from '../lib/api'
import { useNow } from '../lib/clock'
import { count, plural } from '../lib/format'
import { roleWords } from '../lib/network'
import { href, setQuery, usePlace } from '../lib/router'
import { mayManage, session } from '../lib/session'
import { useStore } from '../lib/store'
import { day, instant, when } from '../lib/time'
import type { Page as Paged, Phrase } from '../lib/types'
import { Choice, FormCard, Outcome, Sure, Text, useSend, useSites } from '../ui/form'
import { Card, Copy, Empty, Load } from '../ui/parts'
import { Page } from '../ui/shell'
import { Answer } from '../ui/state'
import { Region } from '../ui/table'
import { params } from '../ui/ledger'

interface Role { role: string; sites: string[] }
interface User { name: string; roles: Role[]; created_at: string }
interface Token { name: string; roles: Role[]; created_at: string; expires_at: string | null; last_used_at: string | null }
interface Line { id: number; time: string; who: string; action: string; object: string; detail: string }

export function People({ name }: { name: string }) {
  const who = useStore(session)
  const crumbs = [{ text: 'Settings', to: '/settings' }]
  if (name === 'password') return <Page title="Your password" crumbs={crumbs}><Password /></Page>
  if (!mayManage(who)) {
    return <Page title="Settings" crumbs={crumbs}><div class="head"><h1 class="eyebrow">Settings</h1><Answer phrases={[{ text: 'This is for administrators.', tone: 'strong' }, { text: ' Ask one of them for the right.' }]} /></div></Page>
  }
  if (name === 'users') return <Page title="Users" crumbs={crumbs}><Users /></Page>
  if (name === 'tokens') return <Page title="API tokens" crumbs={crumbs}><Tokens /></Page>
  if (name === 'audit') return <Page title="Audit log" crumbs={crumbs}><Audit /></Page>
  return <Page title="Settings" crumbs={crumbs}><div class="head"><h1 class="eyebrow">Settings</h1><Answer phrases={[{ text: 'There is no such page.', tone: 'strong' }]} /></div><p><a class="link" href={href('/settings')}>To the settings</a></p></Page>
}

export function usersAnswer(list: User[]): Phrase[] {
  const admins = list.filter((u) => u.roles.some((r) => r.role === 'admin')).length
  const none = list.filter((u) => !u.roles.length).length
  return [{ text: `${plural(list.length, 'account')}, ${admins} of them ${admins === 1 ? 'an administrator' : 'administrators'}`, tone: 'strong' }, { text: none ? `; ${none} may do nothing.` : '.' }]
}

const roleOptions: [string, string][] = [['viewer', 'viewer: reads'], ['operator', 'operator: also handles incidents'], ['admin', 'admin: also changes']]

function RoleFields({ role, set }: { role: Role; set: (r: Role) => void }) {
  const sites = useSites()
  return (
    <div class="pair">
      <Choice label="Role" value={role.role} set={(r) => set({ ...role, role: r })} options={roleOptions} />
      <Choice label="At" value={role.sites[0] ?? '*'} set={(s) => set({ ...role, sites: [s] })} options={[['*', 'all sites'], ...sites]} />
    </div>
  )
}

function Users() {
  const of = useApi<Paged<User>>('users', ['inventory'], 60)
  const who = useStore(session)
  return (
    <>
      <div class="head"><h1 class="eyebrow">Users</h1>{of.data ? <Answer phrases={usersAnswer(of.data.items)} /> : <p class="answer">&nbsp;</p>}</div>
      <div class="grid">
        <div class="stack c8">
          <Card title="Accounts">
            <Load of={of} what="The accounts could not be read." rows={3} row={46}>
              {(p) => <ul class="list">{p.items.map((u) => <UserRow key={u.name} u={u} own={u.name === who?.user.name} changed={of.again} />)}</ul>}
            </Load>
          </Card>
        </div>
        <div class="stack c4"><NewUser changed={of.again} taken={(of.data?.items ?? []).map((u) => u.name)} /></div>
      </div>
    </>
  )
}

function UserRow({ u, own, changed }: { u: User; own: boolean; changed: () => void }) {
  const [open, show] = useState<'' | 'role' | 'password'>('')
  const [roles, setRoles] = useState<Role[]>(u.roles.length ? u.roles : [{ role: 'viewer', sites: ['*'] }])
  const [password, setPassword] = useState('')
  const sender = useSend(changed)
  const path = `users/${encodeURIComponent(u.name)}`
  const toggle = (what: 'role' | 'password') => show(open === what ? '' : what)
  const save = async (e: Event) => {
    e.preventDefault()
    const ok = open === 'role' ? await sender.send('PUT', path, { roles }, 'The roles hold from now on') : await sender.send('PUT', `${path}/password`, { password }, 'The password holds; open sessions have ended')
    if (ok) { show(''); setPassword('') }
  }
  return (
    <li class="prop">
      <span class="sp min0">
        <span class="two strong">{u.name}{own && <span class="chip gapl">you</span>}</span>
        <span class="two wraps">{roleWords(u.roles)}; since {day(u.created_at)}</span>
        <Outcome of={sender} />
        {open && (
          <form class="padform propform" onSubmit={(e) => void save(e)}>
            {open === 'role' ? (
              <>
                {roles.map((r, i) => <RoleFields key={i} role={r} set={(x) => setRoles(roles.map((y, j) => (j === i ? x : y)))} />)}
                <div><button type="button" class="aslink small" onClick={() => setRoles([...roles, { role: 'viewer', sites: ['*'] }])}>One more site</button></div>
              </>
            ) : <Text label={`New password of ${u.name}`} type="password" complete="new-password" value={password} set={setPassword} />}
            <div class="row"><button class="btn pri" disabled={sender.busy}>Save</button><button type="button" class="btn ghost" onClick={() => show('')}>Not now</button></div>
          </form>
        )}
      </span>
      <span class="row g6 wrap">
        <button type="button" class="btn sm" aria-expanded={open === 'role'} aria-label={`Roles of ${u.name}`} onClick={() => toggle('role')}>Roles</button>
        {own ? <a class="btn sm" href={href('/settings/password')}>Password</a> : <button type="button" class="btn sm" aria-expanded={open === 'password'} aria-label={`Password of ${u.name}`} onClick={() => toggle('password')}>Password</button>}
        {!own && <Sure label="Remove" question={`Remove ${u.name}?`} busy={sender.busy} act={() => void sender.send('DELETE', path, undefined, 'Removed')} />}
      </span>
    </li>
  )
}

function NewUser({ changed, taken }: { changed: () => void; taken: string[] }) {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [role, setRole] = useState<Role>({ role: 'viewer', sites: ['*'] })
  const sender = useSend(changed)
  const submit = async () => {
    const n = name.trim()
    if (!n) return sender.say('A name is needed.')
    if (taken.includes(n)) return sender.say(`${n} is there already: change the roles in the list.`)
    if (!password) return sender.say('A first password is needed: the person changes it.')
    if (await sender.send('PUT', `users/${encodeURIComponent(n)}`, { password, roles: [role] }, `${n} may sign in`)) { setName(''); setPassword('') }
  }
  return (
    <FormCard title="Add a user" icon="person" about="The person signs in with this password, and changes it under Settings." onSubmit={() => void submit()}>
      <Text label="Name" value={name} set={setName} />
      <Text label="First password" type="password" complete="new-password" value={password} set={setPassword} />
      <RoleFields role={role} set={setRole} />
      <Outcome of={sender} />
      <div><button class="btn pri" disabled={sender.busy}>Add</button></div>
    </FormCard>
  )
}

function Password() {
  const [old, setOld] = useState('')
  const [fresh, setFresh] = useState('')
  const [again, setAgain] = useState('')
  const sender = useSend()
  const submit = async () => {
    if (!old || !fresh) return sender.say('Both the old and the new password are needed.')
    if (fresh !== again) return sender.say('The new password was not typed the same twice.')
    if (await sender.send('PUT', 'me/password', { old, new: fresh }, 'It is changed; your other sessions have ended')) { setOld(''); setFresh(''); setAgain('') }
  }
  return (
    <>
      <div class="head"><h1 class="eyebrow">Your password</h1><Answer phrases={[{ text: 'A new password ends your other sessions.', tone: 'strong' }, { text: ' Tokens of programs stay.' }]} /></div>
      <div class="grid"><div class="c4">
        <FormCard title="Change it" icon="person" about="A long sentence is better than a short riddle." onSubmit={() => void submit()}>
          <Text label="Old password" type="password" complete="current-password" value={old} set={setOld} />
          <Text label="New password" type="password" complete="new-password" value={fresh} set={setFresh} />
          <Text label="New password again" type="password" complete="new-password" value={again} set={setAgain} />
          <Outcome of={sender} />
          <div><button class="btn pri" disabled={sender.busy}>Change</button></div>
        </FormCard>
      </div></div>
    </>
  )
}

export function tokensAnswer(list: Token[], now: number): Phrase[] {
  if (!list.length) return [{ text: 'No program has a token.', tone: 'strong' }, { text: ' Grafana and scripts need one.' }]
  const idle = list.filter((t) => !t.last_used_at || now - Date.parse(t.last_used_at) > 90 * 86400_000).length
  return [{ text: `${plural(list.length, 'token')} for programs`, tone: 'strong' }, { text: idle ? `; ${idle} not used for 90 days: remove what nobody needs.` : ', all in use.' }]
}

function Tokens() {
  const of = useApi<Paged<Token>>('api-tokens', [], 60)
  const now = useNow(60)
  const sender = useSend(of.again)
  return (
    <>
      <div class="head"><h1 class="eyebrow">API tokens</h1>{of.data ? <Answer phrases={tokensAnswer(of.data.items, now)} /> : <p class="answer">&nbsp;</p>}</div>
      <div class="grid">
        <div class="stack c8">
          <Card title="Tokens">
            <Load of={of} what="The tokens could not be read." rows={3} row={46}>
              {(p) => (p.items.length ? <ul class="list">{p.items.map((t) => (
                <li key={t.name + t.created_at}>
                  <span class="sp min0"><span class="two strong">{t.name}</span><span class="two wraps">{roleWords(t.roles)}; {t.last_used_at ? `used ${when(t.last_used_at, now)}` : 'never used'}; {t.expires_at ? `ends ${day(t.expires_at)}` : 'does not end'}</span></span>
                  <Sure label="Remove" question={`Remove ${t.name}? What uses it stops.`} busy={sender.busy} act={() => void sender.send('DELETE', `api-tokens/${encodeURIComponent(t.name)}`, undefined, `${t.name} is removed`)} />
                </li>
              ))}</ul> : <Empty>There is none.</Empty>)}
            </Load>
            {(sender.wrong || sender.done) && <div class="body"><Outcome of={sender} /></div>}
          </Card>
        </div>
        <div class="stack c4"><NewToken changed={of.again} /></div>
      </div>
    </>
  )
}

function NewToken({ changed }: { changed: () => void }) {
  const [name, setName] = useState('')
  const [ttl, setTTL] = useState('365d')
  const [role, setRole] = useState<Role>({ role: 'viewer', sites: ['*'] })
  const [made, setMade] = useState('')
  const sender = useSend()
  const submit = async () => {
    if (!name.trim()) return sender.say('A name is needed: say what uses it.')
    try {
      const r = await request<{ token: string }>('POST', 'api-tokens', { name: name.trim(), roles: [role], ttl })
      sender.say('')
      setMade(r.token)
      setName('')
      changed()
    } catch (e) {
      sender.say((e as Error).message)
    }
  }
  return (
    <FormCard title="Make a token" icon="settings" about="For Grafana, scripts and other programs. It is shown once." onSubmit={() => void submit()}>
      {made && <div><label for="nt">The token, shown only now</label><div class="row g6"><input id="nt" type="text" class="mono" readonly value={made} onFocus={(e) => e.currentTarget.select()} /><Copy text={made} label="Copy the token" /></div></div>}
      <Text label="What uses it" value={name} set={setName} hint="grafana" />
      <RoleFields role={role} set={setRole} />
      <Choice label="It ends" value={ttl} set={setTTL} options={[['30d', 'in 30 days'], ['90d', 'in 90 days'], ['365d', 'in a year'], ['', 'never']]} />
      <Outcome of={sender} />
      <div><button class="btn pri" disabled={sender.busy}>Make it</button></div>
    </FormCard>
  )
}

function Audit() {
  const q = usePlace().query.get('q') ?? ''
  const [text, type] = useState(q)
  const path = `audit?${params({ q, limit: '200' })}`
  const of = useApi<Paged<Line>>(path, ['inventory'], 30)
  const [more, setMore] = useState<{ path: string; items: Line[]; next: string | null }>({ path: '', items: [], next: null })
  const rest = more.path === path ? more : { items: [], next: of.data?.next_cursor ?? null }
  const items = [...(of.data?.items ?? []), ...rest.items]
  const sender = useSend()
  const next = async () => {
    try {
      const p = await request<Paged<Line>>('GET', `${path}&cursor=${encodeURIComponent(rest.next!)}`)
      setMore({ path, items: [...rest.items, ...p.items], next: p.next_cursor ?? null })
    } catch (e) {
      sender.say((e as Error).message)
    }
  }
  const last = items[0]
  return (
    <>
      <div class="head"><h1 class="eyebrow">Audit log</h1>{of.data ? <Answer phrases={last ? [{ text: `${last.who || 'somebody'} changed something last`, tone: 'strong' }, { text: `: ${last.action} ${last.object}, ${instant(last.time)}.` }] : [{ text: q ? `Nothing was changed that fits ${q}.` : 'Nothing was changed yet.', tone: 'strong' }]} /> : <p class="answer">&nbsp;</p>}</div>
      <section class="card">
        <header class="filters">
          <h2 class="vh">Changes</h2>
          <form class="row g6" role="search" onSubmit={(e) => { e.preventDefault(); setQuery({ q: text.trim() || null }) }}>
            <label class="vh" for="au">Find changes</label>
            <input id="au" type="text" class="filter" placeholder="Who, what, on which object" autocomplete="off" spellcheck={false} value={text} onInput={(e) => type(e.currentTarget.value)} />
            <button class="btn sm">Find</button>
          </form>
          <span class="more">newest first</span>
        </header>
        <Load of={of} what="The audit log could not be read." rows={8}>
          {() => (items.length ? (
            <Region label="Changes">
              <table>
                <thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col" class="lo">On</th><th scope="col" class="lo">Detail</th></tr></thead>
                <tbody>{items.map((l) => <tr key={l.id}><td class="nw">{instant(l.time)}</td><td class="wraps">{l.who || '–'}</td><td class="wraps">{l.action}</td><td class="lo wraps">{l.object}</td><td class="lo wraps sub">{l.detail}</td></tr>)}</tbody>
              </table>
            </Region>
          ) : <Empty>There is nothing to show.</Empty>)}
        </Load>
        {(rest.next || sender.wrong) && <div class="body stk"><Outcome of={sender} />{rest.next && <div><button type="button" class="btn" onClick={() => void next()}>Show older: {count(items.length)} are here</button></div>}</div>}
      </section>
    </>
  )
}
