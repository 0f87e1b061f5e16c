// Pages are loaded when they are first opened; the rest follows while nobody waits.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ApiError } from '../lib/api'
import { Failed } from './parts'

export interface LazyPage<P> { load: () => Promise<ComponentType<P>>; ready: () => ComponentType<P> | undefined }

export function lazy<P>(fetch: () => Promise<ComponentType<P>>): LazyPage<P> {
  let page: ComponentType<P> | undefined
  let coming: Promise<ComponentType<P>> | undefined
  return {
    load: () => (coming ??= fetch().then((c) => (page = c), (e) => {
      coming = undefined
      throw e
    })),
    ready: () => page,
  }
}

export function Lazy<P extends object>({ page, props }: { page: LazyPage<P>; props: P }) {
  const [, draw] = useState(0)
  const [failed, fail] = useState(false)
  useEffect(() => {
    page.load().then(() => draw((n) => n + 1), () => fail(true))
  }, [page])
  const C = page.ready()
  if (C) return <C {...props} />
  if (!failed) return null
  return (
    <main class="lg" id="main">
      <h1 class="vh">ninewatch</h1>
      <Failed what="This page could not be loaded." error={new ApiError(0, '', 'The collector may have been updated since this page was opened.')} again={() => location.reload()} />
    </main>
  )
}
