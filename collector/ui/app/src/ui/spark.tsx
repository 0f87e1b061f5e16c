// A small line without axes; the number beside it says what matters.
export function Spark({ values, width = 92, height = 20, area = true }: { values: (number | null)[]; width?: number; height?: number; area?: boolean }) {
  const known = values.filter((v): v is number => v !== null)
  if (known.length < 2) return <span class="mute small">no data</span>
  const top = Math.max(...known)
  const low = area ? 0 : Math.min(...known)
  const span = top - low || 1
  const x = (i: number) => ((i / (values.length - 1)) * width).toFixed(1)
  const y = (v: number) => (height - 1.5 - ((v - low) / span) * (height - 4)).toFixed(1)
  const runs: number[][] = []
  values.forEach((v, i) => {
    if (v === null) return
    if (i > 0 && values[i - 1] !== null) runs.at(-1)!.push(i)
    else runs.push([i])
  })
  const line = (run: number[]) => run.map((i, j) => `${j ? 'L' : 'M'}${x(i)} ${y(values[i]!)}`).join('')
  return (
    <svg class="spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {area && runs.map((r) => <path d={`${line(r)}L${x(r.at(-1)!)} ${height}L${x(r[0]!)} ${height}Z`} fill="var(--d-in-fill)" />)}
      <path d={runs.map(line).join('')} fill="none" stroke={area ? 'var(--d-in)' : 'var(--ink-3)'} stroke-width="1.25" stroke-linejoin="round" />
    </svg>
  )
}
