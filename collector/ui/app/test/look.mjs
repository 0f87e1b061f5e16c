import { launch, open, signIn, inspect, looks } from './browser.mjs'
const url = process.env.URL, pages = process.argv.slice(2).map((p) => [p.replace(/[^a-z0-9]+/gi, '_') || 'root', p])
const browser = await launch()
for (const look of looks.filter((l) => !process.env.ONLY || process.env.ONLY.split(',').includes(`${l.width}-${l.theme}`))) {
  const w = await open(browser, url, look)
  await signIn(w, 'admin', process.env.PW)
  for (const [name, path] of pages) {
    try { for (const x of await inspect(w, name, path, { shots: process.env.SHOTS, ...look })) console.log(x) } catch (e) { console.log(name, e.message.slice(0, 200)) }
  }
  await w.context.close()
}
await browser.close()
