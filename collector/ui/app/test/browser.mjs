// Looks at the pages as a person would: each one in light and dark, at 1440 and 390 px. Usable against any collector:
// the end-to-end test calls it with NINEWATCH_URL, NINEWATCH_USER and NINEWATCH_PASSWORD.
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
export const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
export const looks = [{ width: 1440, theme: 'light' }, { width: 1440, theme: 'dark' }, { width: 390, theme: 'light' }, { width: 390, theme: 'dark' }]
export const pagesOfAnyCollector = [['overview', '/'], ['devices', '/devices'], ['incidents', '/incidents?status=all'], ['agents', '/agents'], ['settings', '/settings']]

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags })

/** A browser window that notes every console error, page error and request to another origin. */
export async function open(browser, url, { width = 1440, theme = 'light', zone = 'Europe/Lisbon' } = {}) {
  const context = await browser.newContext({ viewport: { width, height: width < 800 ? 844 : 900 }, colorScheme: theme, timezoneId: zone, locale: 'en-GB', reducedMotion: 'reduce', hasTouch: width < 800, deviceScaleFactor: width < 800 ? 1.5 : 1 })
  const faults = []
  const page = await context.newPage()
  page.on('console', (m) => { if (m.type() === 'error' && !/401 \(Unauthorized\)/.test(m.text())) faults.push(`console: ${m.text()}`) })
  page.on('pageerror', (e) => faults.push(`page: ${e.message}`))
  page.on('request', (r) => { if (!r.url().startsWith(url) && !r.url().startsWith('data:')) faults.push(`request to another origin: ${r.url()}`) })
  page.on('response', (r) => { if (r.status() >= 500 && r.status() !== 501) faults.push(`${r.status()} ${r.url()}`) })
  return { context, page, faults, url }
}

/** Signs in through the form, as a person does. */
export async function signIn({ page, url }, user, password) {
  await page.goto(url + '/')
  await page.getByLabel('Name', { exact: true }).fill(user)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation', { name: 'Breadcrumb' }).waitFor({ timeout: 45_000 })
}

/** Waits until the page stands: an answer is there and nothing is being read. */
export async function settled(page) {
  await page.locator('.answer, .lbox').first().waitFor({ timeout: 45_000 })
  await page.waitForFunction(() => !document.querySelector('[aria-busy=true]') && (document.querySelector('.answer')?.textContent ?? 'x').trim() !== '', undefined, { timeout: 45_000 })
  await page.waitForTimeout(250)
}

export async function axe(page) {
  await page.evaluate(axeSource)
  const r = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
  return r.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 4).map((n) => n.html.slice(0, 160)).join(' | ')}`)
}

/** What is cut or runs out of the window; a table may scroll inside its own region. */
export async function overflow(page) {
  return page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - innerWidth
    if (wide <= 0) return []
    const worst = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll')).slice(0, 4)
    return [`the page is ${wide} px wider than the window: ${worst.map((e) => e.outerHTML.slice(0, 120)).join(' | ')}`]
  })
}

/** Opens path and returns everything that is wrong with it; takes a picture if a folder is given. */
export async function inspect(w, name, path, { shots, theme, width } = {}) {
  w.faults.length = 0
  await w.page.goto(w.url + path)
  await settled(w.page)
  const wrong = [...await axe(w.page), ...await overflow(w.page)]
  if (shots) {
    mkdirSync(shots, { recursive: true })
    await w.page.screenshot({ path: join(shots, `${name}-${width}-${theme}.png`), fullPage: true })
  }
  return [...wrong, ...w.faults].map((x) => `${name} ${width} ${theme}: ${x}`)
}

/** Every page of a collector in every look, its first device too. Returns what is wrong. */
export async function inspectAll({ url, user, password, pages = pagesOfAnyCollector, shots, withDevice = true }) {
  const browser = await launch()
  const wrong = []
  try {
    for (const look of looks) {
      const w = await open(browser, url, look)
      await signIn(w, user, password)
      const list = [...pages]
      if (withDevice) {
        await w.page.goto(url + '/devices')
        await settled(w.page)
        const href = await w.page.locator('a[data-row]').first().getAttribute('href').catch(() => null)
        if (href) list.push(['device', href])
        else wrong.push('devices: no device is listed')
      }
      for (const [name, path] of list) wrong.push(...await inspect(w, name, path, { shots, ...look }))
      await w.context.close()
    }
  } finally {
    await browser.close()
  }
  return wrong
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { NINEWATCH_URL: url, NINEWATCH_USER: user = 'admin', NINEWATCH_PASSWORD: password, NINEWATCH_SHOTS: shots } = process.env
  if (!url || !password) {
    console.error('set NINEWATCH_URL and NINEWATCH_PASSWORD (NINEWATCH_USER is admin, NINEWATCH_SHOTS is a folder for pictures)')
    process.exit(2)
  }
  const wrong = await inspectAll({ url: url.replace(/\/$/, ''), user, password, shots })
  for (const x of wrong) console.error(x)
  console.log(wrong.length ? `${wrong.length} faults` : 'all pages are as they should be')
  process.exit(wrong.length ? 1 : 0)
}
