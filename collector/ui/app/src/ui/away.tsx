// An agent that is away is a notice on every page of its site, not an error.
import { useApi } from '../lib/api'
import { plural } from '../lib/format'
import { now } from '../lib/clock'
import { since } from '../lib/time'
import type { Agent, Page } from '../lib/types'
import { useCompany } from './company'
import { Mark } from './icons'

export function AgentsAway({ site }: { site?: string | null }) {
  const { data } = useCompany()
  const away = data !== undefined && data.agents.reporting < data.agents.total
  const agents = useApi<Page<Agent>>(away ? 'agents' : null, ['state', 'inventory'])
  const silent = away ? (agents.data?.items ?? []).filter((a) => a.state === 'silent' && (!site || a.site === site)) : []
  if (!silent.length) return null
  return (
    <div class="stk away">
      {silent.map((a) => (
        <div class="note unknown" key={a.id}>
          <Mark state="unknown" size={13} />
          <span><b class="med">No word from {a.id}{a.last_seen && ` since ${since(a.last_seen, now())}`}.</b> {plural(a.devices, 'device')} unknown. What it measures meanwhile is kept there and fills in later.</span>
        </div>
      ))}
    </div>
  )
}
