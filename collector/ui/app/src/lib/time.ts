// Instants as people read them, in the zone of the browser, which each page names once.

export type Zone = string
export const localZone: Zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'

/** Europe/Lisbon → Lisbon, America/Sao_Paulo → Sao Paulo, Etc/UTC → UTC. */
export function zoneName(zone: Zone = localZone): string {
  return (zone.split('/').pop() ?? zone).replace(/_/g, ' ')
}

interface Parts { weekday: string; day: string; month: string; year: string; hour: string; minute: string; second: string }
const formats = new Map<Zone, Intl.DateTimeFormat>()

function parts(t: Date, zone: Zone): Parts {
  let f = formats.get(zone)
  if (!f) {
    f = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone, weekday: 'short', day: 'numeric', month: 'short', year: 'numeric',
      hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
    })
    formats.set(zone, f)
  }
  const out: Record<string, string> = {}
  for (const p of f.formatToParts(t)) out[p.type] = p.value
  if (out.month === 'Sept') out.month = 'Sep'
  return out as unknown as Parts
}

export const toDate = (t: string | number | Date): Date => (t instanceof Date ? t : new Date(t))

/** 14:07:12 */
export function clock(t: string | number | Date, zone: Zone = localZone): string {
  const p = parts(toDate(t), zone)
  return `${p.hour}:${p.minute}:${p.second}`
}

/** 14:07 */
export function hourMinute(t: string | number | Date, zone: Zone = localZone): string {
  const p = parts(toDate(t), zone)
  return `${p.hour}:${p.minute}`
}

/** Wed 21 Oct 19:58:30 */
export function instant(t: string | number | Date, zone: Zone = localZone): string {
  const p = parts(toDate(t), zone)
  return `${p.weekday} ${p.day} ${p.month} ${p.hour}:${p.minute}:${p.second}`
}

/** Wed 18 Nov 2026, 14:32 */
export function dateLong(t: string | number | Date, zone: Zone = localZone): string {
  const p = parts(toDate(t), zone)
  return `${p.weekday} ${p.day} ${p.month} ${p.year}, ${p.hour}:${p.minute}`
}

/** 18 Nov */
export function dayMonth(t: string | number | Date, zone: Zone = localZone): string {
  const p = parts(toDate(t), zone)
  return `${p.day} ${p.month}`
}

/** 18 Nov 2026 */
export function day(t: string | number | Date, zone: Zone = localZone): string {
  const p = parts(toDate(t), zone)
  return `${p.day} ${p.month} ${p.year}`
}

function sameDay(a: Date, b: Date, zone: Zone): boolean {
  const p = parts(a, zone)
  const q = parts(b, zone)
  return p.day === q.day && p.month === q.month && p.year === q.year
}

/** Today 14:07, Yesterday 05:10, 16 Nov 22:05 */
export function when(t: string | number | Date, now: number | Date, zone: Zone = localZone): string {
  const d = toDate(t)
  const n = toDate(now)
  if (sameDay(d, n, zone)) return `Today ${hourMinute(d, zone)}`
  if (sameDay(d, new Date(n.getTime() - 86400_000), zone)) return `Yesterday ${hourMinute(d, zone)}`
  return `${dayMonth(d, zone)} ${hourMinute(d, zone)}`
}

/** After the word since: 14:07, or yesterday 05:10, or 16 Nov 22:05. */
export function since(t: string | number | Date, now: number | Date, zone: Zone = localZone): string {
  return when(t, now, zone).replace(/^Today /, '').replace(/^Y/, 'y')
}

/** A calendar day that the server wrote, 2026-11-18 → Wed 18 Nov. */
export function calendarDay(date: string): string {
  const p = parts(new Date(date + 'T12:00:00Z'), 'UTC')
  return `${p.weekday} ${p.day} ${p.month}`
}

/** The instant of a wall clock reading in a zone. */
export function fromWall(y: number, mo: number, d: number, h: number, mi: number, zone: Zone = localZone): Date {
  const want = Date.UTC(y, mo - 1, d, h, mi)
  let t = want
  for (let i = 0; i < 2; i++) { // a second step settles readings next to a change of the offset
    const p = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', hourCycle: 'h23',
    }).formatToParts(t)
    const n = (k: string) => Number(p.find((x) => x.type === k)?.value)
    t += want - Date.UTC(n('year'), n('month') - 1, n('day'), n('hour'), n('minute'))
  }
  return new Date(t)
}

/** 2026-11-17 14:32, as the range panel writes and reads it. */
export function wall(t: number | Date, zone: Zone = localZone): string {
  const p = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit',
  }).format(t)
  return p.replace(',', '')
}
