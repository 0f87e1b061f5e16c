// What if: sliders whose values stand in the address, so that a colleague sees the same.
import { useId } from 'preact/hooks'
import type { ApiError } from '../lib/api'
import { amount, dateWords, sizes, type Outlook } from '../lib/capacity'
import { percent } from '../lib/format'
import { setQuery, usePlace } from '../lib/router'
import { Choice } from './form'
import { Sizes } from './growth'
import { Failed } from './parts'

const keys = ['growth', 'load', 'capacity', 'limit', 'lead'] as const

const shareOf = (query: URLSearchParams) => {
  const v = Number(query.get('wi.share') ?? 100)
  return v >= 1 && v <= 10000 ? v : 100
}

/** The query of the server, empty without any assumption. */
export function assumptions(query: URLSearchParams): string {
  const out = new URLSearchParams()
  for (const k of keys) {
    const v = query.get(`wi.${k}`)
    if (v !== null && Number.isFinite(Number(v))) out.set(k, v)
  }
  const plus = query.get('wi.plus')
  if (plus) {
    out.set('plus', plus)
    out.set('plus_percent', String(shareOf(query)))
  }
  return out.toString()
}

export function WhatIfCard({ base, shown, others, waiting, error }: { base: Outlook; shown: Outlook; others: Outlook[]; waiting: boolean; error: ApiError | undefined }) {
  const { query } = usePlace()
  const value = (k: string, other: number) => (query.get(`wi.${k}`) === null ? other : Number(query.get(`wi.${k}`)))
  const set = (k: string, v: number, other: number) => setQuery({ [`wi.${k}`]: v === other ? null : String(v) }, true)
  const steps = sizes(base.capacity ?? 0)
  const size = Math.max(0, steps.indexOf(value('capacity', base.capacity ?? 0)))
  const growth = value('growth', 100)
  const load = value('load', 100)
  const limit = value('limit', base.limit_percent)
  const lead = value('lead', base.lead_time_days)
  const now = base.day
  const chance = shown.probability.find((p) => p.days === Math.trunc(shown.lead_time_days))
  const dated = !shown.withheld || shown.over_since
  return (
    <section class="card c4 noprint">
      <header><h2>What if</h2><span class="sp" /><button type="button" class="btn sm" onClick={() => setQuery(Object.fromEntries([...keys, 'plus', 'share'].map((k) => [`wi.${k}`, null])))}>Reset</button></header>
      <div class="body stack" aria-busy={waiting}>
        {base.capacity !== null && base.unit !== 'percent' && <Slider name="Capacity" text={amount(steps[size], base.unit)} min={0} max={steps.length - 1} step={1} value={size} set={(v) => set('capacity', steps[v]!, base.capacity!)} />}
        <Slider name="Growth" text={growth === 100 ? 'as today' : `${growth} % of today`} min={0} max={300} step={10} value={growth} set={(v) => set('growth', v, 100)} />
        <Slider name="Users and load" text={load === 100 ? 'as today' : `${load} % of today`} min={50} max={300} step={5} value={load} set={(v) => set('load', v, 100)} />
        <Move base={base} others={others} />
        {!base.minimum && <Slider name="Limit on p95" text={`${limit} %`} min={50} max={100} step={5} value={limit} set={(v) => set('limit', v, base.limit_percent)} />}
        <Slider name="Lead time" text={`${lead} days`} min={0} max={180} step={5} value={lead} set={(v) => set('lead', v, base.lead_time_days)} />
        {error && <Failed what="These assumptions could not be worked out." error={error} />}
        <dl class="cap-out">
          <div><dt>Full, 80 % interval</dt><dd>{!dated ? 'withheld' : shown.over_since ? `over since ${dateWords(shown.over_since, now)}` : shown.full_on.p10 ? `${dateWords(shown.full_on.p10, now)} – ${shown.full_on.p90 ? dateWords(shown.full_on.p90, now) : 'later'}` : 'not within a year'}</dd></div>
          <div><dt>Most likely</dt><dd>{!dated ? 'withheld' : shown.full_on.p50 ? dateWords(shown.full_on.p50, now, true) : 'not within a year'}</dd></div>
          <div><dt>Order by</dt><dd class={shown.overdue ? 'cap-bad' : ''}>{!dated ? 'withheld' : shown.overdue ? 'overdue' : shown.order_by ? dateWords(shown.order_by, now, true) : 'nothing to order'}</dd></div>
          <div><dt>Chance to fill within lead time</dt><dd>{!chance ? '–' : chance.p < 0.01 ? 'below 1 %' : chance.p > 0.99 ? 'above 99 %' : percent(chance.p)}</dd></div>
        </dl>
        <Sizes resource={base.resource} unit={base.unit} now={now} />
        <p class="small mute">Order by = earliest plausible date less the lead time. Nothing here is saved; the address keeps it for a colleague.</p>
      </div>
    </section>
  )
}

/** A department moves: a share of what another resource carries comes on top. Percentages of different things do not add up. */
function Move({ base, others }: { base: Outlook; others: Outlook[] }) {
  const { query } = usePlace()
  const plus = query.get('wi.plus') ?? ''
  const share = shareOf(query)
  if (base.unit === 'percent' || base.minimum) return null
  const list = others.filter((o) => o.unit === base.unit && o.series !== base.series && !o.minimum)
  if (!list.length && !plus) return null
  const known = plus === '' || list.some((o) => o.resource === plus)
  const set = (v: string) => setQuery({ 'wi.plus': v || null, ...(v ? {} : { 'wi.share': null }) }, true)
  return (
    <>
      <Choice label="A department moves here from" value={plus} set={set} options={[['', 'nowhere'], ...(known ? [] : [[plus, plus] as [string, string]]), ...list.map((o): [string, string] => [o.resource, o.title])]} />
      {plus && <Slider name="Share of its load" text={`${share} %`} min={5} max={100} step={5} value={share} set={(v) => setQuery({ 'wi.share': v === 100 ? null : String(v) }, true)} />}
    </>
  )
}

function Slider({ name, text, min, max, step, value, set }: { name: string; text: string; min: number; max: number; step: number; value: number; set: (v: number) => void }) {
  const id = useId()
  return (
    <div>
      <div class="row"><label for={id}>{name}</label><span class="sp" /><b class="med">{text}</b></div>
      <input id={id} type="range" min={min} max={max} step={step} value={value} aria-valuetext={text} onInput={(e) => set(Number(e.currentTarget.value))} />
    </div>
  )
}
