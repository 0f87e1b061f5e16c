// Who grows: what groups carry more than 13 weeks ago, and larger sizes of one resource.
import { useApi } from '../lib/api'
import { amount, dateWords, type Growth, type Upgrades } from '../lib/capacity'
import { setQuery, usePlace } from '../lib/router'
import { Empty, Load } from './parts'
import { Region } from './table'

const groupings = [{ key: '', label: 'Site' }, { key: 'department', label: 'Department' }, { key: 'tag', label: 'Tag' }, { key: 'role', label: 'Role' }]

export function GrowthCard({ scope, cls, now, siteName }: { scope: string; cls: string; now: string; siteName: (name: string) => string }) {
  const by = usePlace().query.get('by') ?? ''
  const q = new URLSearchParams({ scope, by: by || 'site' })
  if (cls) q.set('class', cls)
  const of = useApi<{ items: Growth[] }>(`capacity/growth?${q}`, ['inventory'], 300)
  const called = (group: string) => (group === '' ? 'none named' : by === '' ? siteName(group) : group)
  return (
    <section class="card c12">
      <header>
        <h2>Growth in 13 weeks</h2>
        <span class="sp" />
        <div class="seg noprint" role="group" aria-label="Group by">
          {groupings.map((g) => <button type="button" aria-pressed={g.key === by} onClick={() => setQuery({ by: g.key || null })}>{g.label}</button>)}
        </div>
      </header>
      <Load of={of} what="Growth could not be read." rows={4} row={36}>
        {({ items }) => (items.some((g) => g.counted > 0)
          ? (
            <Region label="Growth">
              <table>
                <thead><tr><th scope="col">{groupings.find((g) => g.key === by)?.label ?? 'Group'}</th><th scope="col">Kind</th><th scope="col" class="num">Mean now</th><th scope="col" class="num lo">13 weeks ago</th><th scope="col" class="num">Growth</th><th scope="col" class="num lo">Resources</th><th scope="col" class="lo">First order by</th></tr></thead>
                <tbody>
                  {items.filter((g) => g.counted > 0).map((g) => (
                    <tr key={`${g.group} ${g.kind} ${g.unit}`}>
                      <td>{called(g.group)}</td><td>{g.kind}</td><td class="num">{amount(g.now, g.unit)}</td><td class="num lo">{amount(g.before, g.unit)}</td>
                      <td class="num">{g.percent === null ? '–' : `${g.percent > 0 ? '+' : ''}${g.percent.toFixed(1)} %`}</td>
                      <td class="num lo">{g.counted} of {g.all}</td><td class="lo">{g.over ? `${g.over} over the limit` : dateWords(g.order_by, now)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Region>
          )
          : <Empty>Growth compares the last 4 weeks with those 13 weeks earlier: it takes 17 weeks of data.</Empty>)}
      </Load>
    </section>
  )
}

/** What larger sizes cost, and how long they last. */
export function Sizes({ resource, unit, now }: { resource: string; unit: string; now: string }) {
  const of = useApi<Upgrades>(`capacity/upgrades?resource=${encodeURIComponent(resource)}`, ['inventory'], 300)
  if (!of.data?.items.length) return null
  return (
    <div>
      <h3 class="small">Larger sizes{of.data.cost_today && <span class="mute"> · today {of.data.cost_today}</span>}</h3>
      <dl class="cap-sizes">
        {of.data.items.map((u) => (
          <div key={u.capacity}><dt>{amount(u.capacity, unit)}{u.cost && <span class="mute"> · {u.cost}, as {u.cost_of}</span>}</dt><dd>{u.withheld ? 'no date' : u.full_on.p50 ? `lasts until ${dateWords(u.full_on.p50, now, true)}` : 'lasts a year'}</dd></div>
        ))}
      </dl>
    </div>
  )
}
