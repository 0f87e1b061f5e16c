// A report as the collector tells it: one model for the page, the print, PDF and CSV (collector/report).
export type ReportTone = '' | 'strong' | 'mute' | 'good' | 'bad' | 'warn' | 'risk' | 'unknown' | 'planned' | 'outside' | 'quiet' | 'accent' | 'unreach' | 'expected'

export interface Cell { text: string; value: string | number | null; note?: string; tone?: ReportTone }
export interface Column { key: string; title: string; numeric?: boolean }
export interface ReportTable { columns: Column[]; rows: Cell[][] | null; empty?: string }
export interface ReportDay { date: string; tone: ReportTone; seconds: number; text: string }
export interface ReportSeries { name: string; tone: ReportTone; y: (number | null)[]; high?: (number | null)[] }
export interface ReportChart { kind: 'lines' | 'steps' | 'bars'; unit: string; x: string[]; series: ReportSeries[]; limit?: number }
export interface ReportScale { point: string; low: string; high: string; limit?: string }
export interface ReportStrip { name: string; title: string; value: string; tone?: ReportTone; days: ReportDay[] }
export interface ReportSection {
  key: string; title: string; note?: string; detail?: boolean; scale?: ReportScale; days?: { days: ReportDay[] }; strips?: ReportStrip[]; chart?: ReportChart; table?: ReportTable
}
export interface Report {
  kind: string; title: string; eyebrow: string; scope: string; as_of: string; revision: number; demo?: boolean
  period: { name: string; from: string; to: string; zone: string }
  answer: { text: string; tone?: ReportTone }[]
  figures: { label: string; value: string; note?: string; tone?: ReportTone }[]
  sections: ReportSection[]
  method: { label: string; text: string }[]
}
export interface SignedReport { report: Report; signature: { public_key: string } }

/** How high a day's bar is, in percent: the logarithm of the time lost. */
export function dayHeight(d: ReportDay): number {
  if (d.tone === 'quiet' || d.tone === 'outside' || d.seconds <= 0) return 22
  return 22 + Math.round(50 * Math.min(1, Math.log1p(d.seconds) / Math.log1p(86400)))
}

/** The periods that are offered: this month, the last one, the last quarter, this year. now is an instant in zone of the browser. */
export function periods(now: Date): { name: string; label: string }[] {
  const month = (d: Date) => `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, '0')}`
  const last = new Date(now.getFullYear(), now.getMonth() - 1, 1)
  const quarter = new Date(now.getFullYear(), now.getMonth() - 3, 1)
  const words = (d: Date) => d.toLocaleString('en-GB', { month: 'long', year: 'numeric' })
  const q = Math.floor(quarter.getMonth() / 3) + 1
  return [
    { name: month(now), label: words(now) },
    { name: month(last), label: words(last) },
    { name: `${quarter.getFullYear()}-Q${q}`, label: `Q${q}` },
    { name: String(now.getFullYear()), label: String(now.getFullYear()) },
  ]
}

/** A row of days in words: those on which something was lost. */
export function stripWords(s: ReportStrip): string {
  const odd = s.days.filter((d) => d.tone !== 'quiet' && d.tone !== 'outside')
  return odd.length ? `${s.title}: ${odd.map((d) => `${d.date} ${d.text}`).join('; ')}` : `${s.title}: nothing was lost`
}
