// What pages ask of the ledger alike.
import { useApi } from '../lib/api'
import { useNow } from '../lib/clock'
import { verdictWords, type Ledger } from '../lib/network'
import type { Page as Paged } from '../lib/types'

/** A query without what is empty. */
export const params = (p: Record<string, string | null>) => new URLSearchParams(Object.entries(p).filter((e): e is [string, string] => e[1] !== null && e[1] !== '')).toString()

/** The last five minutes, in whole minutes: how things stand now. */
export function useLately(kind: string, site: string | null) {
  const to = Math.floor(useNow(60) / 60_000) * 60_000
  return useApi<Paged<Ledger>>(`availability/list?${params({ kind, site, from: new Date(to - 300_000).toISOString(), to: new Date(to).toISOString(), limit: '10000' })}`, ['state'], 60)
}

export function VerdictWord({ verdict, objective }: { verdict: string | null; objective: string | null }) {
  if (!verdict || !objective) return <span class="mute" title="Nothing is agreed">–</span>
  const tone = { met: 'st up', breached: 'st down', undetermined: 'st unknown', no_data: 'st unknown' }[verdict] ?? ''
  return <span class={tone}>{verdictWords[verdict] ?? verdict}</span>
}
