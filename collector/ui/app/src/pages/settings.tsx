import { useApi } from '../lib/api'
import { useNow } from '../lib/clock'
import { plural } from '../lib/format'
import { href } from '../lib/router'
import { mayManage, session } from '../lib/session'
import { useStore } from '../lib/store'
import type { Delivery, Page as Paged, Receiver } from '../lib/types'
import { AddDevice } from '../ui/adddevice'
import { useCompany } from '../ui/company'
import { DeliveryRow } from '../ui/deliveries'
import { Icon } from '../ui/icons'
import { JoinSite } from '../ui/joinsite'
import { Card, Copy, Empty, Load } from '../ui/parts'
import { Page, signOut } from '../ui/shell'
import { Answer, Demo } from '../ui/state'
import { Figures, Receivers, Routes } from '../ui/receivers'
import { Silences } from '../ui/silences'

export function Settings() {
  const who = useStore(session)
  const company = useCompany()
  const receivers = useApi<Paged<Receiver>>('receivers', ['inventory'], 60)
  const deliveries = useApi<Paged<Delivery>>('deliveries?limit=50', ['incident'], 30)
  const now = useNow(30)
  const n = receivers.data?.items.length
  const late = deliveries.data?.items.filter((d) => d.status !== 'delivered').length ?? 0
  return (
    <Page title="Settings">
      <div class="head">
        <h1 class="eyebrow">Settings<Demo on={company.data?.demo} /></h1>
        {n === undefined ? <p class="answer">&nbsp;</p> : (
          <Answer phrases={n === 0
            ? [{ text: 'Alerts go nowhere yet.', tone: 'strong' }, { text: ' A receiver in the inventory changes that.' }]
            : [{ text: `Alerts go to ${plural(n, 'receiver')}.`, tone: 'strong' }, late ? { text: ` ${plural(late, 'delivery', 'deliveries')} did not arrive.`, tone: 'degraded' } : { text: ' Every delivery arrived.' }]} />
        )}
      </div>
      <div class="grid">
        <div class="stack c8">
          <Card title="Receivers">
            <Load of={receivers} what="The receivers could not be read." rows={2}>
              {(p) => (p.items.length ? <Receivers items={p.items} /> : <NoReceivers />)}
            </Load>
          </Card>
          <Routes />
          <Silences />
          <Card title="Deliveries" more={<span class="mute">newest first</span>}>
            <Load of={deliveries} what="The deliveries could not be read." rows={4} row={46}>
              {(p) => (p.items.length ? <ul class="list two">{p.items.map((d) => <DeliveryRow key={d.id} d={d} now={now} changed={deliveries.again} full />)}</ul> : <Empty>Nothing was sent yet.</Empty>)}
            </Load>
          </Card>
          <Figures />
        </div>
        <div class="stack c4">
          {mayManage(who) && <AddDevice span="" title="Add a device" />}
          {mayManage(who) && <JoinSite span="" />}
          <section class="card">
            <div class="pad">
              <span class="ico"><Icon name="person" size={20} /></span>
              <h2>{who?.user.name}</h2>
              <p class="sub">{who?.user.role}{who?.organisation && `, ${who.organisation}`}{who?.version && <><br />ninewatch {who.version}</>}</p>
              <ul class="doclinks">
                <li><a class="link" href={href('/settings/password')}>Change password</a></li>
                {mayManage(who) && <li><a class="link" href={href('/settings/users')}>Users</a></li>}
                {mayManage(who) && <li><a class="link" href={href('/settings/tokens')}>API tokens</a></li>}
                {mayManage(who) && <li><a class="link" href={href('/settings/audit')}>Audit log</a></li>}
                <li><a class="link" href={href('/maintenance')}>Planned work</a></li>
                <li><a class="link" href="/docs/">Help</a></li>
              </ul>
              <button type="button" class="btn" onClick={signOut}>Sign out</button>
            </div>
          </section>
        </div>
      </div>
    </Page>
  )
}

const example = `receivers:
  - name: noc
    webhook: {url: "https://hooks.example.net/noc", secret: {env: NOC_SECRET}}`

function NoReceivers() {
  return (
    <div class="body stk">
      <p class="sub">No receiver is set up. Write one into a file and apply it:</p>
      <div class="row top g6"><pre class="sp">{example}</pre><Copy text={example} label="Copy the example" /></div>
      <pre>ninewatch-collector apply -f receivers.yaml</pre>
    </div>
  )
}
