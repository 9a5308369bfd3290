import type { LabHost } from '../lab/host.ts';

/** `pid ppid comm` of each process, without this one. */
const list = `each() {
  for process in /proc/[0-9]*; do
    read -r pid name state parent rest <"$process/stat" && [ "$pid" != $$ ] && echo "$pid $parent $name"
  done 2>/dev/null
}
`;

/** The processes of sshd that serve connections: all but the one that listens. */
export const signalSessions = async (host: LabHost, signal: string): Promise<void> =>
  void (await host.sh(
    // All are listed first: who loses its parent to a signal has process 1 for it, as the one that listens.
    `${list} all=$(each)
    echo "$all" | while read -r pid parent name; do case $parent,$name in 1,*) ;; *,'(sshd'*) kill "-$1" "$pid" 2>/dev/null || : ;; esac; done`,
    signal,
  ));

/** The shell that perfplay speaks with: sudo's child. */
export const signalShell = async (host: LabHost, signal: string): Promise<void> =>
  void (await host.sh(
    `${list} all=$(each)
    echo "$all" | while read -r sudo _ name; do
      [ "$name" != '(sudo)' ] || echo "$all" | while read -r pid parent child; do
        [ "$parent,$child" = "$sudo,(sudo)" ] || [ "$parent" != "$sudo" ] || kill "-$1" "$pid"
      done
    done`,
    signal,
  ));

/** All that the host runs for anybody who is logged in, at once: as near to a power cut as processes come. */
export const killAll = async (host: LabHost): Promise<void> =>
  void (await host.sh(
    `${list} kill -KILL $(each | while read -r pid parent name; do
      case $parent,$name in *,'(cat)' | 1,'(sshd)' | 0,* ) ;; *) [ "$pid" = 1 ] || echo "$pid" ;; esac
    done) 2>/dev/null || :`,
  ));
