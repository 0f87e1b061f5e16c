// Who is signed in. undefined: not known yet; null: nobody.
import { store } from './store'
import type { Session } from './types'

export const session = store<Session | null | undefined>(undefined)

export function signedOut() {
  if (session.get() !== null) session.set(null)
}

/** Whether the one who looks may change things; without the right an action is absent. */
export const mayAct = (s: Session | null | undefined): boolean => s?.user.role === 'operator' || s?.user.role === 'admin'
export const mayManage = (s: Session | null | undefined): boolean => s?.user.role === 'admin'
