import { useEffect, useState } from 'preact/hooks'
import { useApi } from '../lib/api'
import { now, useNow } from '../lib/clock'
import { duration, lossCounts, rtt } from '../lib/format'
import { echoQuery, increments, lossOf, median, onGrid, queryRange, type Grid } from '../lib/prom'
import { href } from '../lib/router'
import { mayManage, session } from '../lib/session'
import { useStore } from '../lib/store'
import type { Device, FirstRun as First, Overview, Page } from '../lib/types'
import { AddDevice } from '../ui/adddevice'
import { Icon } from '../ui/icons'
import { JoinSite } from '../ui/joinsite'
import { Card, Copy, Load } from '../ui/parts'
import { Spark } from '../ui/spark'
import { Answer, StateWord } from '../ui/state'
import { Region, rowClick } from '../ui/table'

const minutes = 15

interface Measured { rtt: (number | null)[]; lost: number; sent: number }

async function measured(device: string): Promise<Measured> {
  const to = Math.floor(now() / 1000 / 30) * 30
  const g: Grid = { from: to - minutes * 60, to, step: 30, times: Array.from({ length: minutes * 2 + 1 }, (_, i) => to - minutes * 60 + i * 30) }
  const [r, e] = await Promise.all([queryRange(`ninewatch_icmp_rtt_seconds{device="${device}",quantile="0.5"}`, g), queryRange(echoQuery(device), g)])
  const counter = (name: string) => increments(e.find((s) => s.metric.__name__ === name)?.values ?? onGrid([], g))
  const l = lossOf(counter('ninewatch_icmp_sent_total'), counter('ninewatch_icmp_received_total'))
  return { rtt: r[0]?.values ?? onGrid([], g), lost: l.lost, sent: l.sent }
}

export function FirstRun({ overview, first, changed }: { overview: Overview; first: First; changed: () => void }) {
  const devices = useApi<Page<Device>>('devices?limit=20', ['state', 'inventory'], 10)
  const t = useNow(1)
  const who = useStore(session)
  return (
    <>
      <div class="head">
        <h1 class="eyebrow">Overview · running for {duration((t - Date.parse(overview.running_since)) / 1000)}</h1>
        <Answer phrases={overview.answer} />
      </div>
      <div class="grid">
        <Card title="Already measured" span="c8" more={<span class="mute">every second, nothing to set up</span>}>
          <Load of={devices} what="The devices could not be read." rows={2} row={46}>
            {(p) => (
              <Region label="Already measured">
                <table onClick={rowClick}>
                  <thead><tr><th scope="col">Device</th><th scope="col">State</th><th scope="col" class="lo">Round trip, {minutes} min</th><th scope="col" class="num">Median</th><th scope="col" class="num lo">Lost</th></tr></thead>
                  <tbody>{p.items.map((d) => <Row key={d.name} d={d} first={first} tick={Math.floor(t / 15000)} />)}</tbody>
                </table>
              </Region>
            )}
          </Load>
        </Card>
        <Card title="Getting to a first report" span="c4"><Steps first={first} /></Card>
        {mayManage(who) && <AddDevice span="c4" title="Add your first switch" changed={changed} />}
        {mayManage(who) && <JoinSite span="c4" hint={first.token_command_hint} changed={changed} />}
        <section class={mayManage(who) ? 'card c4' : 'card c12'}>
          <div class="pad">
            <span class="ico"><Icon name="home" size={20} /></span>
            <h2>Want to look around first?</h2>
            <p class="sub">The demo network has sites, outages and traffic. It is labelled DEMO and kept in its own folder, which you delete to remove it.</p>
            <label for="dm">In a terminal</label>
            <div class="row"><input id="dm" class="mono" readonly type="text" value="ninewatch-collector up --demo" /><Copy text="ninewatch-collector up --demo" label="Copy the command" /></div>
          </div>
        </section>
      </div>
    </>
  )
}

function Row({ d, first, tick }: { d: Device; first: First; tick: number }) {
  const [m, set] = useState<Measured | undefined>()
  const t = useNow(30)
  useEffect(() => {
    let dead = false
    measured(d.name).then((v) => { if (!dead) set(v) }, () => { /* the numbers stay as they were; the state beside them is read apart */ })
    return () => { dead = true }
  }, [d.name, tick])
  const what = d.name === first.host ? 'this host' : d.address === first.gateway || d.name === first.gateway ? 'gateway' : d.role
  return (
    <tr>
      <td class="tall"><a data-row class="two strong" href={href(`/devices/${encodeURIComponent(d.name)}`)}>{d.display_name || d.name}</a><span class="two">{[what, d.address].filter(Boolean).join(', ')}</span></td>
      <td><StateWord state={d.state} since={d.since} now={t} /></td>
      <td class="lo">{m ? <Spark values={m.rtt} width={160} height={26} /> : null}</td>
      <td class="num">{rtt((m && median(m.rtt)) ?? d.rtt_seconds)}</td>
      <td class="num lo">{m?.sent ? lossCounts(m.lost, m.sent) : '–'}</td>
    </tr>
  )
}

function Steps({ first }: { first: First }) {
  const next = first.steps.findIndex((s) => !s.done)
  return (
    <ol class="steps">
      {first.steps.map((s, i) => (
        <li class={s.done ? 'done' : i === next ? 'now' : ''} aria-current={i === next ? 'step' : undefined}>
          <span>{s.done ? <Icon name="check" size={14} /> : i + 1}</span>{s.label}{s.done && <span class="vh">, done</span>}
        </li>
      ))}
    </ol>
  )
}
