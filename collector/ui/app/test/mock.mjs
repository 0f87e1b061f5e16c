// A collector for development and tests: the built app with the headers of the real one, and the API on fixtures.
import { createHash } from 'node:crypto'
import { readFileSync, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as f from './fixtures.mjs'
import { network } from './network.mjs'
import * as cap from './capacity.mjs'
import * as rd from './redundancy.mjs'
import { answer as prom } from './promdata.mjs'

const dist = fileURLToPath(new URL('../../dist', import.meta.url))
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' }

function csp(html) {
  const hashes = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map((m) => `'sha256-${createHash('sha256').update(m[1]).digest('base64')}'`)
  return ["default-src 'none'", `script-src 'self' ${hashes.join(' ')}`.trim(), "style-src 'self'", "img-src 'self' data:", "connect-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"].join('; ')
}

/** scenario: norvane, firstrun; broken: path prefixes that answer 500. */
export async function startMock({ port = 0, scenario = 'norvane', broken = [], delay = 0 } = {}) {
  const started = Date.now()
  const state = { scenario, broken, delay, incidents: structuredClone(f.incidents), silences: structuredClone(f.silences), applied: [], changes: [], streams: new Set(), quiet: false, password: 'correct horse' }
  const index = () => readFileSync(join(dist, 'index.html'), 'utf8')

  const json = (res, status, body) => {
    res.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json', 'Cache-Control': 'no-store', 'X-Request-Id': '7f3a9c21' })
    res.end(body === undefined ? '' : JSON.stringify(body))
  }
  const problem = (res, status, title, detail) => json(res, status, { type: 'about:blank', title, status, detail })
  const body = (req) => new Promise((done) => {
    let s = ''
    req.on('data', (c) => (s += c))
    req.on('end', () => done(s ? JSON.parse(s) : {}))
  })
  const list = () => (state.scenario === 'firstrun' ? f.firstRun.devices : f.devices)

  function stream(req, res) {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    state.streams.add(res)
    const beat = () => { if (!state.quiet) res.write(`event: watermark\ndata: ${JSON.stringify({ watermark: '2026-11-18T14:31:58.000Z' })}\n\n`) }
    beat()
    const t = setInterval(beat, 2000)
    req.on('close', () => {
      clearInterval(t)
      state.streams.delete(res)
    })
  }

  function overview(p) {
    const o = state.scenario === 'firstrun' ? f.firstRun.overview() : f.overview({ site: p.get('site') ?? undefined })
    if (state.scenario !== 'firstrun') o.incidents.open = state.incidents.filter((i) => i.status !== 'resolved' && (!p.get('site') || i.site === p.get('site')))
    return o
  }

  function devices(p) {
    const q = (p.get('q') ?? '').toLowerCase()
    const all = list().filter((d) => (!p.get('site') || d.site === p.get('site')) && (!p.get('state') || d.state === p.get('state')) && (!q || `${d.name} ${d.address} ${d.role}`.toLowerCase().includes(q)))
    const limit = Number(p.get('limit') ?? 100)
    const at = Number(p.get('cursor') ?? 0)
    return { items: all.slice(at, at + limit), next_cursor: at + limit < all.length ? String(at + limit) : null, total: all.length }
  }

  async function api(req, res, url) {
    const path = url.pathname.replace('/api/v1/', '')
    const p = url.searchParams
    if (path === 'session' && req.method === 'POST') {
      const b = await body(req)
      if (b.password !== state.password) return problem(res, 401, 'Not signed in', 'Name and password do not match. 4 tries left, then a pause of 1 min.')
      res.setHeader('Set-Cookie', 'session=mock; Path=/; HttpOnly; SameSite=Strict')
      return json(res, 204)
    }
    if (!/session=mock/.test(req.headers.cookie ?? '')) return problem(res, 401, 'Not signed in', 'Sign in first.')
    if (path === 'session' && req.method === 'DELETE') {
      res.setHeader('Set-Cookie', 'session=; Path=/; Max-Age=0')
      return json(res, 204)
    }
    if (path === 'session') return json(res, 200, { user: { name: state.scenario === 'firstrun' ? 'admin' : 'M. Duarte', role: 'admin' }, demo: false, version: '1.0.0', organisation: state.scenario === 'firstrun' ? '' : 'Norvane Logistics' })
    if (path === 'events') return stream(req, res)
    const others = /^(incidents|apply|tokens|deliveries|receivers|silences)/.test(path) ? null : network(req.method, path, p, req.method === 'GET' ? null : await body(req), state.changes)
    if (others) return others.status < 400 ? json(res, others.status, others.body) : problem(res, others.status, others.title, others.detail)
    if (path === 'overview') return json(res, 200, overview(p))
    if (path === 'devices') return json(res, 200, devices(p))
    if (path === 'availability') {
      const name = (p.get('scope') ?? '').replace(/^device:/, '')
      const outages = f.outages(name, Date.parse(p.get('from')), Date.parse(p.get('to')))
      const spent = outages.reduce((n, o) => n + o.counted_seconds, 0)
      return json(res, 200, { period_seconds: 2592000, up: 2592000 - spent, degraded: 0, down: spent, unknown: 0, availability: '99.9514', availability_low: '99.9514', availability_high: '99.9514', verdict: 'met', budget_seconds: 2592, budget_left_seconds: 2592 - spent, outages, gaps: f.gaps(name), failures: outages.length, as_of: f.iso(f.moment) })
    }
    if (path === 'capacity') return json(res, 200, state.scenario === 'firstrun' ? cap.noPlan : cap.plan(p))
    if (path === 'capacity/growth') return json(res, 200, cap.growth(p))
    if (path === 'capacity/upgrades') return json(res, 200, cap.upgrades(p))
    if (path === 'capacity/quality') return json(res, 200, cap.quality(p.get('resource')))
    if (path === 'capacity/hourly') {
      const h = cap.hourly(p.get('resource'))
      return h ? json(res, 200, h) : problem(res, 404, 'No such resource', `There is no resource ${p.get('resource')}.`)
    }
    if (path === 'capacity/resource' || path === 'capacity/what-if') {
      const o = path === 'capacity/resource' ? cap.resource(p.get('resource')) : cap.whatIf(p)
      return o ? json(res, 200, o) : problem(res, 404, 'No such resource', `There is no resource ${p.get('resource')}.`)
    }
    if (path === 'redundancy') return json(res, 200, state.scenario === 'firstrun' ? rd.noRedundancy : rd.redundancy)
    if (path === 'topology') return json(res, 200, state.scenario === 'firstrun' ? { ...rd.topology, nodes: [], links: [], quiet: [], words: '0 nodes, 0 links' } : rd.topology)
    if (path === 'topology/changes') return json(res, 200, { items: state.scenario === 'firstrun' ? [] : rd.changes, next_cursor: null })
    if (path === 'impact') return json(res, 200, rd.impact(p.get('of')))
    if (path === 'topology.svg') {
      res.writeHead(200, { 'Content-Type': 'image/svg+xml' })
      return res.end(rd.map(p.get('selected')))
    }
    if (path === 'agents') return json(res, 200, { items: state.scenario === 'firstrun' ? [{ ...f.agents[4], id: 'noc-host-1', site: 'main', devices: 2 }] : f.agents })
    if (path === 'sites') return json(res, 200, { items: f.sites })
    if (path === 'silences' && req.method === 'POST') {
      const b = await body(req)
      state.silences.unshift({ id: String(state.silences.length + 1), from: f.iso(f.moment), author: 'M. Duarte', created_at: f.iso(f.moment), ended_at: null, active: true, ...b })
      return json(res, 201, state.silences[0])
    }
    if (path === 'silences') return json(res, 200, { items: state.silences })
    const silence = /^silences\/(\w+)$/.exec(path)
    if (silence && req.method === 'DELETE') {
      state.silences = state.silences.filter((x) => x.id !== silence[1])
      return json(res, 204)
    }
    if (path === 'routes') return json(res, 200, { items: f.routes })
    if (path === 'incidents/figures') return json(res, 200, { items: f.figures })
    if (/^incidents\/[^/]+\/explain$/.test(path)) return json(res, 200, f.explanation)
    if (/^receivers\/[^/]+\/test$/.test(path)) return json(res, 200, { delivered: false, response_code: 503, sent: '{"type":"test"}', response: 'no route to queue', error: 'the receiver answers 503 Service Unavailable' })
    if (path === 'receivers') return json(res, 200, { items: f.receivers })
    if (path.startsWith('deliveries')) return json(res, 200, { items: f.deliveries })
    if (path === 'apply') {
      const b = await body(req)
      if (!p.get('dry_run')) state.applied.push(b)
      return json(res, 200, { changes: Object.entries(b).flatMap(([kind, xs]) => xs.map((x) => ({ kind, name: x.name, action: 'create', fields: [] }))) })
    }
    if (path === 'tokens') return json(res, 200, { token: 'nw1.bW9ja2VkLXRva2Vu', expires_at: f.iso(f.moment + 72 * 3600e3), command: 'ninewatch-agent enroll --token nw1.bW9ja2VkLXRva2Vu' })
    if (path === 'incidents') {
      const s = p.get('status')
      const all = [...state.incidents, ...f.resolved].filter((i) => (!p.get('site') || i.site === p.get('site')) && (s === 'all' || (s === 'resolved') === (i.status === 'resolved')))
      return json(res, 200, { items: all, next_cursor: null, total: all.length })
    }
    const inc = /^incidents\/([^/]+)(?:\/(\w+))?$/.exec(path)
    if (inc) return incident(req, res, inc[1], inc[2])
    const dev = /^devices\/([^/]+)(\/interfaces)?$/.exec(path)
    if (dev) {
      const name = decodeURIComponent(dev[1])
      if (dev[2]) return json(res, 200, { items: f.interfacesOf(name) })
      const d = f.deviceDetail(name)
      return d ? json(res, 200, d) : problem(res, 404, 'No such device', `There is no device called ${name}.`)
    }
    return problem(res, 404, 'Not found', `There is nothing at ${url.pathname}.`)
  }

  async function incident(req, res, id, action) {
    const i = [...state.incidents, ...f.resolved].find((x) => x.id === id)
    if (!i) return problem(res, 404, 'No such incident', `There is no incident ${id}.`)
    if (req.method === 'POST') {
      const b = await body(req)
      const time = f.iso(f.moment)
      if (action === 'acknowledge') Object.assign(i, { status: 'acknowledged', owner: 'M. Duarte', acknowledged_at: time })
      if (action === 'resolve') Object.assign(i, { status: 'resolved', ended_at: time })
      i.events.push({ time, type: action === 'comment' ? 'comment' : action + 'd', who: 'M. Duarte', text: b.text ?? '' })
    }
    return json(res, 200, i)
  }

  function file(res, path) {
    const full = normalize(join(dist, path))
    if (full.startsWith(dist) && existsSync(full) && extname(full) && extname(full) !== '.html') {
      res.writeHead(200, { 'Content-Type': types[extname(full)] ?? 'application/octet-stream', 'Cache-Control': 'public, max-age=31536000, immutable' })
      return res.end(readFileSync(full))
    }
    const html = index()
    res.writeHead(200, { 'Content-Type': types['.html'], 'Cache-Control': 'no-store', 'Content-Security-Policy': csp(html) })
    return res.end(html)
  }

  const server = createServer(async (req, res) => {
    const url = new URL(req.url, 'http://mock')
    res.setHeader('Date', new Date(f.moment + (Date.now() - started)).toUTCString())
    const hit = state.broken.find((b) => url.pathname.startsWith(b))
    if (state.delay) await new Promise((r) => setTimeout(r, state.delay))
    if (hit) return problem(res, 500, 'Sample store', 'Sample store: query takes longer than 30 s. Pick a shorter range.')
    if (url.pathname.startsWith('/api/v1/')) return api(req, res, url)
    if (url.pathname.startsWith('/prometheus/')) return json(res, 200, prom(url.pathname, url.searchParams))
    return file(res, url.pathname)
  })
  await new Promise((done) => server.listen(port, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${server.address().port}`, state,
    emit: (event, data) => { for (const s of state.streams) s.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`) },
    close: () => new Promise((done) => {
      for (const s of state.streams) s.end()
      server.close(done)
      server.closeAllConnections()
    }),
  }
}
