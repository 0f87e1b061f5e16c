// npm run test:browser: the built pages against the mock.
import { existsSync } from 'node:fs'
import { after, afterEach, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { fileURLToPath } from 'node:url'
import { axe, inspect, launch, looks, open, settled, signIn } from './browser.mjs'
import { startMock } from './mock.mjs'

const dist = fileURLToPath(new URL('../../dist/index.html', import.meta.url))
if (!existsSync(dist)) throw new Error('the pages are not built: run npm run build first')
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium'
const skip = existsSync(chromium) ? false : process.env.CI === 'true' ? false : `no browser at ${chromium}`
const shots = process.env.NINEWATCH_SHOTS

const pages = [
  ['overview', '/'], ['overview-site', '/?site=porto'], ['devices', '/devices'], ['devices-down', '/devices?state=unreachable&sort=-rtt'], ['devices-none', '/devices?q=nowhere'],
  ['device', '/devices/lis-edge-1'], ['device-down', '/devices/opo-dist-1?range=6h'], ['device-big', '/devices/lis-core-1?range=7d'], ['device-plain', '/devices/lis-ups-1'],
  ['incidents', '/incidents'], ['incidents-all', '/incidents?status=all'], ['incident', '/incidents/INC-2417'], ['incident-resolved', '/incidents/INC-2411'],
  ['capacity', '/capacity'], ['capacity-withheld', '/capacity?resource=circuit:fnc-a&all=1'], ['capacity-whatif', '/capacity?resource=circuit:lis-a&wi.growth=200'], ['capacity-hours', '/capacity?resource=circuit:lis-a&ahead=hours&wi.plus=circuit:rtm-b&wi.share=40'], ['capacity-hours-withheld', '/capacity?resource=circuit:fnc-a&all=1&ahead=hours'], ['capacity-none', '/capacity?class=power'], ['capacity-departments', '/capacity?by=department'],
  ['redundancy', '/redundancy?sel=device:lis-dist-3'], ['redundancy-table', '/redundancy?view=table'], ['redundancy-past', '/redundancy?on=2026-03-01&sel=device:lis-dist-3'],
  ['agents', '/agents'], ['settings', '/settings'], ['nothing', '/nowhere'],
  ['circuits', '/circuits'], ['circuit', '/circuits/LX-48171'], ['services', '/services?period=2026-10-05T07:00:00Z..2026-10-09T19:00:00Z'], ['inventory', '/inventory'],
  ['inventory-past', '/inventory?removed=true&slot=lis-core-1&on=2026-03-01'], ['inventory-none', '/inventory?q=nowhere'], ['discovery', '/discovery'], ['discovery-done', '/discovery?status=approved'],
  ['maintenance', '/maintenance'], ['reports', '/reports'], ['sla', '/sla?period=2026-10'], ['sla-service', '/sla?scope=service:warehouse&planned=true'],
  ['users', '/settings/users'], ['password', '/settings/password'], ['tokens', '/settings/tokens'], ['audit', '/settings/audit'],
]

let browser
let mock
const opened = []
before(async () => {
  if (skip) return
  browser = await launch()
  mock = await startMock()
})
// What a failed test left open would keep the program from ending.
afterEach(async () => {
  for (const x of opened.splice(0)) await x.close()
})
after(async () => {
  await browser?.close()
  await mock?.close()
})

const collector = async (options) => {
  const m = await startMock(options)
  opened.push(m)
  return m
}
const window = async (look = {}, m = mock) => {
  const w = await open(browser, m.url, look)
  opened.unshift(w.context)
  await w.context.addCookies([{ name: 'session', value: 'mock', url: m.url }])
  return w
}

for (const look of looks) {
  test(`pages at ${look.width} px, ${look.theme}`, { skip }, async () => {
    const wrong = []
    const left = [...pages]
    const some = async () => {
      const w = await window(look)
      for (let p = left.shift(); p; p = left.shift()) wrong.push(...await inspect(w, ...p, { shots, ...look }))
    }
    await Promise.all([some(), some(), some()]) // much of a look is waiting
    assert.deepEqual(wrong, [])
  })

  test(`first run and sign in at ${look.width} px, ${look.theme}`, { skip }, async () => {
    const m = await collector({ scenario: 'firstrun' })
    const out = await open(browser, m.url, look)
    opened.unshift(out.context)
    const wrong = await inspect(out, 'login', '/', { shots, ...look })
    await out.page.getByLabel('Password').fill('wrong')
    await out.page.getByRole('button', { name: 'Sign in' }).click()
    await out.page.getByText('Name and password do not match').waitFor()
    wrong.push(...await axe(out.page))
    await signIn(out, 'admin', m.state.password)
    wrong.push(...await inspect(out, 'firstrun', '/', { shots, ...look }))
    assert.deepEqual(wrong, [])
  })
}

test('a device says what is known of its outages and of unknown time', { skip }, async () => {
  const { page } = await window()
  await page.goto(mock.url + '/devices/opo-dist-1')
  await settled(page)
  await page.getByText('rebooted at 10:44').waitFor()
  await page.getByText('the agent was away').waitFor()
  await page.getByText('ran on without a restart; 12 GB passed').waitFor()
})

test('search, keys and the address as state', { skip }, async () => {
  const w = await window()
  const { page } = w
  await page.goto(mock.url + '/')
  await settled(page)
  await page.keyboard.press('/')
  await page.getByRole('combobox').fill('lis-edge')
  await page.getByRole('option', { name: 'lis-edge-1' }).waitFor()
  assert.deepEqual(await axe(page), [])
  await page.keyboard.press('Enter')
  await page.waitForURL('**/devices/lis-edge-1')
  await settled(page)
  await page.getByRole('group', { name: 'Range' }).getByRole('button', { name: '7 d', exact: true }).click()
  await page.waitForURL('**/devices/lis-edge-1?range=7d')
  await page.goBack()
  await page.waitForURL('**/devices/lis-edge-1')
  await page.keyboard.press('[')
  await page.waitForURL(/range=\d+\.\.\d+$/)
  await page.keyboard.press(']')
  await page.waitForURL(/range=\d+\.\.\d+$/)
  await page.keyboard.press('g')
  await page.keyboard.press('i')
  await page.waitForURL('**/incidents')
  await settled(page)
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/incidents/INC-2418')
  await page.keyboard.press('t')
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark')
  await page.keyboard.press('?')
  await page.getByText('next, previous row').waitFor()
  assert.deepEqual(await axe(page), [])
  assert.deepEqual(w.faults, [])
})

test('a graph is read with the keyboard and zoomed with the pointer', { skip }, async () => {
  const w = await window()
  const { page } = w
  await page.goto(mock.url + '/devices/lis-edge-1')
  await settled(page)
  const plot = page.locator('.plot').first()
  assert.match(await plot.getAttribute('aria-label'), /^Traffic of Te0\/0\/0, Last 24 hours\. In peaks at \d+ Mbit\/s at \d\d:\d\d, 95th percentile \d+ Mbit\/s; out peaks at .* capacity 1 Gbit\/s$/)
  const read = page.locator('.read').first()
  assert.match(await read.textContent(), /In, above .* now.*Out, below .* now.*moved/)
  await plot.focus()
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('Shift+ArrowLeft')
  await page.waitForFunction(() => /of capacity/.test(document.querySelector('.read').textContent))
  assert.match(await read.textContent(), /^13:\d\dIn \d+ Mbit\/s, peak \d+ Mbit\/sOut [\d.]+ Mbit\/s\d+.% of capacity$/)
  assert.match(await page.locator('.read').nth(1).textContent(), /median.*loss/, 'the second graph follows the cursor of the first')
  await page.keyboard.press('Escape')
  await page.waitForFunction(() => /now/.test(document.querySelector('.read').textContent))
  assert.match(await page.locator('.plot').nth(1).getAttribute('aria-label'), /complete loss for 2\d min from 05:1\d/)
  const box = await plot.boundingBox()
  await page.mouse.move(box.x + 200, box.y + 100)
  await page.mouse.down()
  await page.mouse.move(box.x + 400, box.y + 100, { steps: 5 })
  await page.mouse.up()
  await page.waitForURL(/range=\d+\.\.\d+/)
  await page.getByRole('button', { name: 'PromQL' }).first().click()
  await page.getByText('8 * rate(ifHCInOctets{device="lis-edge-1",ifName="Te0/0/0"}').first().waitFor()
  assert.deepEqual(await axe(page), [])
  assert.deepEqual(w.faults, [])
})

test('an incident is acknowledged, commented and resolved', { skip }, async () => {
  const m = await collector()
  const w = await window({}, m)
  const { page } = w
  await page.goto(m.url + '/')
  await settled(page)
  await page.getByRole('button', { name: 'Acknowledge INC-2418' }).click()
  await page.getByRole('button', { name: 'Acknowledge INC-2418' }).waitFor({ state: 'detached' })
  await page.goto(m.url + '/incidents/INC-2418')
  await settled(page)
  await page.getByPlaceholder('Add what you know').fill('power is back')
  await page.getByRole('button', { name: 'Comment' }).click()
  await page.getByText('power is back').waitFor()
  await page.getByRole('button', { name: 'Resolve by hand' }).click()
  assert.deepEqual(await axe(page), [])
  await page.getByRole('button', { name: 'Resolve', exact: true }).click()
  await page.getByText('It lasted').waitFor()
  assert.deepEqual(w.faults, [])
})

test('an incident is explained and silenced, the silence ends, a receiver is tried', { skip }, async () => {
  const m = await collector()
  const w = await window({}, m)
  const { page } = w
  await page.goto(m.url + '/incidents/INC-2417')
  await settled(page)
  await page.getByText('severity does not match').waitFor() // why another route is not used
  await page.getByText('knows that it is acknowledged').waitFor()
  assert.deepEqual(await axe(page), [])
  await page.getByRole('button', { name: 'Silence…' }).click()
  await page.getByRole('button', { name: 'Silence', exact: true }).click()
  await page.getByText('Say why: others will ask.').waitFor()
  assert.equal(m.state.silences.length, 1)
  await page.getByLabel('For', { exact: true }).selectOption('24')
  await page.getByLabel('Why', { exact: true }).fill('the carrier works on it until tomorrow')
  assert.deepEqual(await axe(page), [])
  await page.getByRole('button', { name: 'Silence', exact: true }).click()
  await page.getByRole('button', { name: 'Silence', exact: true }).waitFor({ state: 'detached' })
  assert.deepEqual(m.state.silences[0].match, { incident: 'INC-2417' })
  assert.equal(m.state.silences[0].reason, 'the carrier works on it until tomorrow')

  await page.goto(m.url + '/settings')
  await settled(page)
  await page.getByText('the carrier works on it until tomorrow').waitFor()
  await page.getByRole('button', { name: 'End the silence of INC-2417' }).click()
  await page.getByText('the carrier works on it until tomorrow').waitFor({ state: 'detached' })
  assert.equal(m.state.silences.length, 1)
  await page.getByRole('button', { name: 'Send a test to servicenow' }).click()
  await page.getByText('the receiver answers 503 Service Unavailable').waitFor()
  await page.getByText('no route to queue').waitFor()
  await page.getByText('What was sent').click()
  assert.deepEqual(await axe(page), [])
  assert.deepEqual(w.faults, [])
})

test('a device is added after its effect was shown, a site joins with one line', { skip }, async () => {
  const m = await collector({ scenario: 'firstrun' })
  const w = await window({}, m)
  const { page } = w
  await page.goto(m.url + '/')
  await settled(page)
  await page.getByLabel('Address').fill('192.0.2.7')
  await page.getByLabel('SNMP community').fill('public')
  await page.getByRole('button', { name: 'Check and add' }).click()
  await page.getByText('create device 192.0.2.7').waitFor()
  assert.deepEqual(m.state.applied, [])
  await page.getByRole('button', { name: 'Add it' }).click()
  await page.getByText('is added').waitFor()
  assert.deepEqual(m.state.applied, [{ credentials: [{ name: '192.0.2.7', snmp: { version: '2c', community: 'public' } }], devices: [{ name: '192.0.2.7', site: 'main', address: '192.0.2.7', credential: '192.0.2.7' }] }])
  await page.getByLabel('Name of the site').fill('Bad name!')
  await page.getByRole('button', { name: 'Make the line' }).click()
  await page.getByText('small letters, digits').waitFor()
  await page.getByLabel('Name of the site').fill('porto')
  await page.getByRole('button', { name: 'Make the line' }).click()
  await page.getByLabel('On the other host').waitFor()
  assert.equal(await page.getByLabel('On the other host').inputValue(), 'ninewatch-agent enroll --token nw1.bW9ja2VkLXRva2Vu')
  assert.deepEqual(await axe(page), [])
  assert.deepEqual(w.faults, [])
})

test('a proposal is watched, work is planned, a user is added, a token is made', { skip }, async () => {
  const m = await collector()
  const w = await window({}, m)
  const { page } = w
  await page.goto(m.url + '/discovery')
  await settled(page)
  await page.getByRole('button', { name: 'Watch lis-acc-9' }).click()
  await page.getByLabel('Credential', { exact: true }).selectOption('lisbon')
  assert.deepEqual(await axe(page), [])
  await page.getByRole('button', { name: 'Watch it' }).click()
  await page.getByText('It is watched from now on').waitFor()
  await page.getByLabel('What it found').setInputFiles({ name: 'found.json', mimeType: 'application/json', buffer: Buffer.from('[{"address":"192.0.2.7","icmp":true,"snmp":false,"refused":["x"]},{"address":"192.0.2.8","icmp":false,"snmp":false}]') })
  await page.getByText('1 address looked at').waitFor()
  await page.getByLabel('Ranges to scan').fill('192.0.2.0/24, 198.51.100.7')
  await page.getByLabel('porto-v3').uncheck()
  await page.getByRole('button', { name: 'Scan', exact: true }).click()
  await page.getByText('The agent is asked').waitFor()
  assert.deepEqual(await axe(page), [])
  await page.goto(m.url + '/maintenance')
  await settled(page)
  await page.getByLabel('From', { exact: true }).fill('2026-11-01 10:00')
  await page.getByLabel('To', { exact: true }).fill('2026-11-01 11:00')
  await page.getByRole('button', { name: 'Plan it' }).click()
  await page.getByText('It began before now: say why').waitFor()
  await page.getByLabel('Reason').fill('the fibre was moved')
  await page.getByRole('button', { name: 'Plan it' }).click()
  await page.getByText('is planned: alerts are held back').waitFor()
  assert.deepEqual(await axe(page), [])
  await page.goto(m.url + '/settings/users')
  await settled(page)
  await page.getByLabel('Name', { exact: true }).fill('j.silva')
  await page.getByLabel('First password').fill('a long sentence of words')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByText('j.silva may sign in').waitFor()
  await page.goto(m.url + '/settings/tokens')
  await settled(page)
  await page.getByLabel('What uses it').fill('backup')
  await page.getByRole('button', { name: 'Make it' }).click()
  assert.equal(await page.getByLabel('The token, shown only now').inputValue(), 'nwt_bW9ja2Vk')
  assert.deepEqual(await axe(page), [])
  assert.deepEqual(m.state.changes, [
    { method: 'POST', path: 'discovery/1/approve', body: { name: 'lis-acc-9', address: '10.12.0.77', credential: 'lisbon' } },
    { method: 'POST', path: 'discovery', body: { site: 'lisbon', found: [{ address: '192.0.2.7', icmp: true, snmp: false }] } },
    { method: 'POST', path: 'discovery/scans', body: { site: 'lisbon', ranges: ['192.0.2.0/24', '198.51.100.7'], credentials: ['lisbon'] } },
    { method: 'POST', path: 'maintenance', body: { name: 'lisbon-202611011000', scope: ['site:lisbon'], from: '2026-11-01T10:00:00.000Z', to: '2026-11-01T11:00:00.000Z', reason: 'the fibre was moved' } },
    { method: 'PUT', path: 'users/j.silva', body: { password: 'a long sentence of words', roles: [{ role: 'viewer', sites: ['*'] }] } },
    { method: 'POST', path: 'api-tokens', body: { name: 'backup', roles: [{ role: 'viewer', sites: ['*'] }], ttl: '365d' } },
  ])
  assert.deepEqual(w.faults, [])
})

test('what cannot be read says so, the rest works, and silence is visible', { skip }, async () => {
  const m = await collector({ broken: ['/prometheus/api/v1/query_range'] })
  const w = await window({}, m)
  const { page } = w
  await page.goto(m.url + '/devices/lis-edge-1')
  await page.getByText('The graph could not be read.').first().waitFor()
  await page.getByText('req 7f3a9c21').first().waitFor()
  await page.getByRole('row', { name: /Te0\/0\/0/ }).waitFor()
  assert.deepEqual(await axe(page), [])
  m.state.broken = []
  await page.getByRole('button', { name: 'Try again' }).first().click()
  await page.locator('.plot').first().waitFor()
  m.state.quiet = true
  await page.getByText(/not live since \d\d:\d\d:\d\d/).waitFor({ timeout: 20_000 })
  m.state.quiet = false
  await page.getByText(/Data to 14:31:58/).waitFor({ timeout: 10_000 })
})

test('news do not move the rows', { skip }, async () => {
  const m = await collector()
  const w = await window({}, m)
  const { page } = w
  await page.goto(m.url + '/')
  await settled(page)
  const first = () => page.locator('.incs a[data-row]').allTextContents()
  const was = await first()
  m.state.incidents.unshift({ ...m.state.incidents[0], id: 'INC-2420', summary: 'ham-core-1 does not answer', owner: null, acknowledged_at: null, status: 'open', site: 'hamburg', started_at: '2026-11-18T14:31:50.000Z' })
  m.emit('incident', { id: 'INC-2420' })
  await page.getByRole('button', { name: '1 new' }).waitFor()
  assert.deepEqual((await first()).slice(0, 3), was)
  await page.getByRole('status').filter({ hasText: 'New incident: ham-core-1 does not answer' }).waitFor({ state: 'attached' })
  await page.getByRole('button', { name: '1 new' }).click()
  await page.waitForFunction(() => document.querySelector('.incs a[data-row]').textContent === 'ham-core-1 does not answer')
})

test('the script of any one page stays under 60 KB', { skip }, async () => {
  const w = await window()
  for (const path of ['/', '/devices/lis-edge-1', '/devices']) {
    const sizes = []
    const note = async (r) => { if (/\.js$/.test(new URL(r.url()).pathname)) sizes.push(gzipSync(await r.body(), { level: 9 }).length) }
    w.page.on('response', note)
    await w.page.goto(mock.url + path)
    await settled(w.page)
    w.page.off('response', note)
    const sum = sizes.reduce((a, b) => a + b, 0)
    assert.ok(sum > 10_000 && sum <= 60 * 1024, `${path}: ${sum} bytes`)
  }
})

test('every row of a long list can be reached, few are drawn', { skip }, async () => {
  const m = await collector()
  const w = await window({}, m)
  const { page } = w
  await page.goto(m.url + '/devices')
  await settled(page)
  const rows = await page.locator('table.devices tbody tr[data-i]').count()
  assert.ok(rows <= 200, `${rows} rows are drawn`)
  for (let i = 0; i < 12; i++) {
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight))
    await page.waitForTimeout(120)
  }
  await page.locator('tr[aria-rowindex="682"]').waitFor()
  assert.deepEqual(w.faults, [])
})

test('what fails is chosen on the map by pointer and by key', { skip }, async () => {
  const w = await window()
  const { page } = w
  await page.goto(mock.url + '/redundancy')
  await settled(page)
  await page.getByRole('heading', { name: 'If duct-rua-do-ouro fails' }).waitFor()
  await page.locator('[data-pick="device:lis-dist-3"]').click()
  await page.waitForURL(/sel=device:lis-dist-3/)
  await page.getByText('A second link from lis-acc-9 to lis-core-1.').waitFor()
  await page.locator('[data-pick="link:lis-core-1/te1--lis-core-2/te1"]').focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(/sel=link:lis-core-1/)
  assert.deepEqual(await axe(page), [])
  assert.deepEqual(w.faults, [])
})

test('the sliders of what-if stand in the address, and are gone with Reset', { skip }, async () => {
  const { page } = await window()
  await page.goto(mock.url + '/capacity?resource=circuit:lis-a')
  await settled(page)
  const dates = page.locator('.cap-out')
  const before = await dates.textContent()
  await page.getByLabel('Capacity', { exact: true }).fill('4')
  await page.waitForURL(/wi\.capacity=10000000000/)
  await page.waitForFunction((was) => document.querySelector('.cap-out').textContent !== was, before)
  assert.match(await dates.textContent(), /not within a year/)
  await page.getByRole('button', { name: 'Reset' }).click()
  await page.waitForFunction((was) => document.querySelector('.cap-out').textContent === was, before)
  assert.doesNotMatch(page.url(), /wi\./)
})

test('a department moves by keyboard, and the hours of two weeks are beside the months', { skip }, async () => {
  const { page, faults } = await window()
  await page.goto(mock.url + '/capacity?resource=circuit:lis-a')
  await settled(page)
  const dates = page.locator('.cap-out')
  const before = await dates.textContent()
  const from = page.getByLabel('A department moves here from')
  assert.deepEqual(await from.locator('option').allTextContents(), ['nowhere', 'Rotterdam WAN-B', 'ham-dist-1 Po2', 'Funchal WAN-A'])
  await from.selectOption('circuit:rtm-b')
  await page.getByLabel('Share of its load').fill('10')
  await page.waitForURL((url) => url.searchParams.get('wi.plus') === 'circuit:rtm-b' && url.searchParams.get('wi.share') === '10')
  await page.waitForFunction((was) => document.querySelector('.cap-out').textContent !== was, before)
  await page.getByRole('button', { name: 'Two weeks' }).focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(/ahead=hours/)
  await page.getByText('No hour of the next two weeks reaches its limit').or(page.getByText('at the earliest')).waitFor()
  assert.deepEqual(await axe(page), [])
  await page.getByRole('button', { name: 'Reset' }).click()
  await page.waitForFunction((was) => document.querySelector('.cap-out').textContent === was, before)
  assert.doesNotMatch(page.url(), /wi\./)
  assert.deepEqual(faults, [])
})

test('capacity that is not known or not read says so', { skip }, async () => {
  const empty = await collector({ scenario: 'firstrun' })
  const w = await window({}, empty)
  await w.page.goto(empty.url + '/capacity')
  await w.page.getByText('Nothing is measured yet that can fill up').waitFor()
  const broken = await collector({ broken: ['/api/v1/capacity'] })
  const b = await window({}, broken)
  await b.page.goto(broken.url + '/capacity')
  await b.page.getByText('The capacity plan could not be read.').waitFor()
})

test('redundancy that is not known or not read says so', { skip }, async () => {
  const empty = await collector({ scenario: 'firstrun' })
  const w = await window({}, empty)
  await w.page.goto(empty.url + '/redundancy')
  await w.page.getByText('No redundancy group is known yet').waitFor()
  assert.deepEqual(await axe(w.page), [])
  const broken = await collector({ broken: ['/api/v1/topology.svg', '/api/v1/impact'] })
  const b = await window({}, broken)
  await b.page.goto(broken.url + '/redundancy')
  await b.page.getByText('The map could not be drawn.').waitFor()
  await b.page.getByText('lis-core-1 po10 to lis-core-2').first().waitFor()
  assert.deepEqual(await axe(b.page), [])
})
