/** How a host boots when it is told `systemctl reboot`; seconds. */
export interface BootSpec {
  /** The call answers before the sessions are cut. Default true. */
  readonly answers?: boolean;
  /** How long the old system goes on answering, `running` and with the old boot id. Default 0.1. */
  readonly lingers?: number;
  /** How long no sshd answers. Default 0.6. */
  readonly down?: number;
  /** What a connection meets then: refused; taken and never a word; packets that vanish, those that would have closed sessions too. Default refused. */
  readonly meanwhile?: 'refused' | 'hangs' | 'silent';
  /** Default true. */
  readonly returns?: boolean;
  /** The kernel line is the one from before, whatever grub.cfg says. Default false. */
  readonly oldKernelLine?: boolean;
  readonly newHostKey?: boolean;
  /** How long systemd says `starting`. Default 0.2. */
  readonly starting?: number;
  /** What systemd says then. Default running. */
  readonly state?: 'running' | 'degraded' | 'maintenance';
}

/** Read by the stub of systemctl, and by boot.sh. */
export const bootFile = '/var/lib/lab/boot';

/** The file's text: assignments of sh. */
export const bootText = (spec: BootSpec = {}): string => {
  const {
    answers = true,
    lingers = 0.1,
    down = 0.6,
    meanwhile = 'refused',
    returns = true,
    oldKernelLine = false,
    newHostKey = false,
    starting = 0.2,
    state = 'running',
  } = spec;
  const isSet = (value: boolean): string => (value ? 'yes' : '');
  const values = {
    answers: isSet(answers),
    lingers,
    down,
    meanwhile,
    returns: isSet(returns),
    old_kernel_line: isSet(oldKernelLine),
    new_host_key: isSet(newHostKey),
    starting,
    state,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
};
