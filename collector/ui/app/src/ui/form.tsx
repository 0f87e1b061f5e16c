// Forms that change something: one at a time, with what is wrong below the field.
import type { ComponentChildren } from 'preact'
import { useId, useState } from 'preact/hooks'
import { request } from '../lib/api'
import { useCompany } from './company'
import { Icon } from './icons'
import { plainName } from './state'

export interface Sender { busy: boolean; wrong: string; done: string; say: (wrong: string) => void; send: (method: string, path: string, body: unknown, done: string) => Promise<boolean> }

/** Sends a change, and keeps what came of it. after runs when it was done. */
export function useSend(after?: () => void): Sender {
  const [s, set] = useState({ busy: false, wrong: '', done: '' })
  return {
    ...s,
    say: (wrong) => set({ busy: false, wrong, done: '' }),
    send: async (method, path, body, done) => {
      set({ busy: true, wrong: '', done: '' })
      try {
        await request(method, path, body)
        set({ busy: false, wrong: '', done })
        after?.()
        return true
      } catch (e) {
        set({ busy: false, wrong: (e as Error).message, done: '' })
        return false
      }
    },
  }
}

export function Outcome({ of, id }: { of: Sender; id?: string }) {
  if (of.wrong) return <p id={id} class="err" role="alert"><Icon name="info" size={14} /><span>{of.wrong}</span></p>
  if (of.done) return <p class="small st up" role="status"><Icon name="check" size={14} />{of.done}</p>
  return null
}

interface TextProps { label: string; value: string; set: (v: string) => void; type?: 'text' | 'password'; hint?: string; mono?: boolean; complete?: string; hidden?: string }

export function Text({ label, value, set, type = 'text', hint, mono, complete = 'off', hidden }: TextProps) {
  const id = useId()
  const same = {
    id, class: mono ? 'mono' : '', placeholder: hint, autocomplete: complete, autocapitalize: 'none' as const, spellcheck: false, value,
    onInput: (e: { currentTarget: HTMLInputElement }) => set(e.currentTarget.value),
  }
  return (
    <div>
      <label for={id} class={hidden ? 'vh' : ''}>{hidden ?? label}</label>
      {type === 'password' ? <input type="password" {...same} /> : <input type="text" {...same} />}
    </div>
  )
}

export function Choice({ label, value, set, options }: { label: string; value: string; set: (v: string) => void; options: [string, string][] }) {
  const id = useId()
  return (
    <div>
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(e) => set(e.currentTarget.value)}>{options.map(([v, t]) => <option key={v} value={v}>{t}</option>)}</select>
    </div>
  )
}

/** The sites of the company as options. */
export function useSites(): [string, string][] {
  return (useCompany().data?.sites ?? []).map((s) => [s.name, plainName(s.display_name || s.name)])
}

export function FormCard({ title, about, icon, onSubmit, children }: { title: string; about: string; icon: Parameters<typeof Icon>[0]['name']; onSubmit: () => void; children: ComponentChildren }) {
  return (
    <section class="card">
      <div class="pad">
        <span class="ico"><Icon name={icon} size={20} /></span>
        <h2>{title}</h2>
        <p class="sub">{about}</p>
        <form class="padform" onSubmit={(e) => { e.preventDefault(); onSubmit() }}>{children}</form>
      </div>
    </section>
  )
}

/** A button that asks once more before it does what cannot be undone. */
export function Sure({ label, question, act, busy }: { label: string; question: string; act: () => void; busy?: boolean }) {
  const [asked, ask] = useState(false)
  if (!asked) return <button type="button" class="btn sm" onClick={() => ask(true)}>{label}</button>
  return (
    <span class="row g6 wrap">
      <span class="small">{question}</span>
      <button type="button" class="btn sm" disabled={busy} onClick={() => { ask(false); act() }}>{label}</button>
      <button type="button" class="btn sm ghost" onClick={() => ask(false)}>No</button>
    </span>
  )
}
