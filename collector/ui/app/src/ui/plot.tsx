// The frame of every graph: uPlot inside, the read-out above the plot (never over it), arrow keys, zoom by dragging.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { setQuery } from '../lib/router'
import { colour, useTheme } from '../lib/theme'
import { dayMonth, hourMinute } from '../lib/time'

export interface Paint {
  u: uPlot
  ctx: CanvasRenderingContext2D
  px: number // canvas pixels of a CSS pixel
  x: (t: number) => number
  y: (v: number) => number
  box: { left: number; top: number; width: number; height: number }
  colour: (token: string) => string
  text: (s: string, x: number, y: number, o?: { align?: CanvasTextAlign; token?: string; halo?: boolean; weight?: number }) => void
}

export interface PlotProps {
  label: string // one sentence, the accessible name
  height: number
  times: number[]
  from: number
  to: number
  data: (number | null)[][]
  series: { stroke?: string; fill?: string; width?: number; dot?: string }[] // tokens
  y: [number, number]
  ticks: { at: number; text: string; strong?: boolean }[]
  behind?: (p: Paint) => void
  above?: (p: Paint) => void
  readout: (i: number | null) => ComponentChildren
  dots?: (i: number) => string | undefined // a token for the marker of the first series, when it differs
}

const face = () => getComputedStyle(document.body).fontFamily

function painter(u: uPlot): Paint {
  const px = devicePixelRatio || 1
  const { ctx, bbox } = u
  const font = (w: number) => `${w} ${11 * px}px ${face()}`
  return {
    u, ctx, px, colour,
    x: (t) => u.valToPos(t, 'x', true),
    y: (v) => u.valToPos(v, 'y', true),
    box: { left: bbox.left, top: bbox.top, width: bbox.width, height: bbox.height },
    text: (s, x, y, o = {}) => {
      ctx.save()
      ctx.font = font(o.weight ?? 500)
      ctx.textAlign = o.align ?? 'left'
      ctx.textBaseline = 'alphabetic'
      if (o.halo) {
        ctx.lineJoin = 'round'
        ctx.lineWidth = 3 * px
        ctx.strokeStyle = colour('--surface')
        ctx.strokeText(s, x, y)
      }
      ctx.fillStyle = colour(o.token ?? '--ink')
      ctx.fillText(s, x, y)
      ctx.restore()
    },
  }
}

/** Ticks on the clock: hours while a day fits, days beyond. */
function timeTicks(splits: number[], step: number): string[] {
  return splits.map((t) => (step >= 43200 ? dayMonth(t * 1000) : hourMinute(t * 1000)))
}

function options(p: PlotProps, width: number, hooks: uPlot.Hooks.Arrays): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: colour('--ink-3'),
    font: `11px ${face()}`,
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { show: false },
  }
  return {
    width,
    height: p.height,
    padding: [8, 10, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      sync: { key: 'page', setSeries: false, scales: ['x', null] },
      points: { size: 7, width: 1.5, stroke: () => colour('--surface'), fill: (u, i) => {
        const at = u.cursor.idx
        return colour((i === 1 && at != null && p.dots?.(at)) || p.series[i - 1]?.dot || '--ink')
      } },
    },
    scales: { x: { time: true, range: [p.from, p.to] }, y: { range: p.y } },
    axes: [
      { ...axis, size: 24, gap: 4, space: width < 520 ? 60 : 76, values: (_, s, __, ___, step) => timeTicks(s, step) },
      {
        ...axis, size: 58, gap: 8,
        splits: () => p.ticks.map((t) => t.at),
        values: () => p.ticks.map((t) => t.text),
      },
    ],
    series: [{}, ...p.series.map((s): uPlot.Series => ({
      ...(s.stroke ? { stroke: colour(s.stroke) } : {}),
      ...(s.fill ? { fill: colour(s.fill) } : {}),
      width: s.stroke ? (s.width ?? 1.4) : 0,
      points: { show: false },
      spanGaps: false,
    }))],
    hooks,
  }
}

/** A lone point between gaps has no line: it is drawn as a dot, so that it is not lost. */
function lonePoints(p: Paint, props: PlotProps) {
  props.series.forEach((s, k) => {
    if (!s.stroke) return
    const v = props.data[k]!
    p.ctx.fillStyle = colour(s.stroke)
    v.forEach((y, i) => {
      if (y === null || v[i - 1] != null || v[i + 1] != null) return
      p.ctx.fillRect(p.x(props.times[i]!) - p.px, p.y(y) - p.px, 2 * p.px, 2 * p.px)
    })
  })
}

export function Plot(props: PlotProps) {
  const host = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | null>(null)
  const latest = useRef(props)
  latest.current = props
  const [at, setAt] = useState<number | null>(null)
  const theme = useTheme()
  const { times, data, from, to, y } = props

  useEffect(() => {
    const el = host.current!
    let width = Math.max(240, el.clientWidth)
    const build = () => {
      const p = latest.current
      const hooks: uPlot.Hooks.Arrays = {
        drawAxes: [(u) => {
          const zero = p.ticks.find((t) => t.strong)
          const paint = painter(u)
          clip(paint, () => p.behind?.(paint))
          if (zero) rule(paint, zero.at, '--line-2')
        }],
        draw: [(u) => {
          const paint = painter(u)
          lonePoints(paint, p)
          p.above?.(paint)
        }],
        setCursor: [(u) => setAt(u.cursor.idx != null && (u.cursor.left ?? -1) >= 0 ? u.cursor.idx : null)],
        setSelect: [(u) => {
          if (u.select.width < 8) return
          const a = Math.round(u.posToVal(u.select.left, 'x'))
          const b = Math.round(u.posToVal(u.select.left + u.select.width, 'x'))
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          if (b - a >= 120) setQuery({ range: `${a}..${b}` })
        }],
      }
      chart.current?.destroy()
      chart.current = new uPlot(options(p, width, hooks), [p.times, ...p.data] as uPlot.AlignedData, el)
      chart.current.root.setAttribute('aria-hidden', 'true')
    }
    build()
    const resize = new ResizeObserver(() => {
      const w = Math.max(240, el.clientWidth)
      if (Math.abs(w - width) <= 1) return
      width = w
      build() // drawn anew, not scaled: text stays 11 px
    })
    resize.observe(el)
    return () => {
      resize.disconnect()
      chart.current?.destroy()
      chart.current = null
    }
  }, [times, data, from, to, y[0], y[1], theme])

  const show = (i: number | null) => {
    const u = chart.current
    if (!u) return
    // Its third argument, missing from its types, tells the other graphs of the page.
    const set = u.setCursor as (at: { left: number; top: number }, fire: boolean, publish: boolean) => void
    set(i === null ? { left: -10, top: -10 } : { left: u.valToPos(times[i]!, 'x'), top: 10 }, true, true)
  }
  const key = (e: KeyboardEvent) => {
    if (e.key === 'Escape') return show(null)
    if (e.key !== 'ArrowLeft' && e.key !== 'ArrowRight') return
    e.preventDefault()
    const by = (e.key === 'ArrowRight' ? 1 : -1) * (e.shiftKey ? 10 : 1)
    show(Math.max(0, Math.min(times.length - 1, (at ?? times.length - 1) + by)))
  }
  const i = at !== null && at < times.length ? at : null
  return (
    <>
      <div class="read" aria-live={i === null ? 'off' : 'polite'}>{props.readout(i)}</div>
      <div class="plot" tabIndex={0} role="img" aria-label={props.label} onKeyDown={key} onBlur={() => show(null)} style={{ minHeight: `${props.height}px` }}>
        <div ref={host} />
      </div>
    </>
  )
}

export function clip(p: Paint, draw: () => void) {
  p.ctx.save()
  p.ctx.beginPath()
  p.ctx.rect(p.box.left, p.box.top, p.box.width, p.box.height)
  p.ctx.clip()
  draw()
  p.ctx.restore()
}

/** A horizontal line through the whole plot. */
export function rule(p: Paint, at: number, token: string, o: { width?: number; dash?: number[] } = {}) {
  const y = Math.round(p.y(at))
  p.ctx.save()
  p.ctx.strokeStyle = p.colour(token)
  p.ctx.lineWidth = (o.width ?? 1) * p.px
  p.ctx.setLineDash((o.dash ?? []).map((d) => d * p.px))
  p.ctx.beginPath()
  p.ctx.moveTo(p.box.left, y)
  p.ctx.lineTo(p.box.left + p.box.width, y)
  p.ctx.stroke()
  p.ctx.restore()
}

/** A column over the full height, with a word in or beside it. */
export function column(p: Paint, from: number, to: number, token: string, text: string, where: 'top' | 'bottom') {
  const x0 = p.x(from)
  const x1 = Math.max(x0 + 2 * p.px, p.x(to))
  if (x1 < p.box.left || x0 > p.box.left + p.box.width) return
  p.ctx.fillStyle = p.colour(token)
  p.ctx.fillRect(x0, p.box.top, x1 - x0, p.box.height)
  if (!text) return
  const room = p.box.left + p.box.width - x1 > 110 * p.px
  if (where === 'top') {
    p.text(text, room ? x1 + 6 * p.px : x0 - 6 * p.px, p.box.top + 12 * p.px, { align: room ? 'left' : 'right', token: '--down-ink', halo: true })
  } else {
    const mid = Math.max(p.box.left + 40 * p.px, Math.min(p.box.left + p.box.width - 40 * p.px, (x0 + x1) / 2))
    p.text(text, mid, p.box.top + p.box.height - 6 * p.px, { align: 'center', token: '--down-ink', halo: true })
  }
}
