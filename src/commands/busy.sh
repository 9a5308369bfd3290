# Keeps every online CPU busy for a moment and prints `cpuN kHz` for each meanwhile.
# Idle CPUs report the clock they had last, or a nominal one: samples older than 20 ms are dropped by the kernel.
cpus=''
for path in "$PERFPLAY_ROOT"/sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_cur_freq; do
  [ -r "$path" ] || continue
  cpu=${path%/cpufreq/*}
  cpu=${cpu##*/cpu}
  pin=''
  ! command -v taskset >/dev/null 2>&1 || pin="taskset -c $cpu"
  $pin sh -c 'i=0; while [ $i -lt 150000 ]; do i=$((i + 1)); done' 2>/dev/null &
  cpus="$cpus $cpu"
done
i=0
while [ $i -lt 20000 ]; do i=$((i + 1)); done
for cpu in $cpus; do
  read -r khz <"$PERFPLAY_ROOT/sys/devices/system/cpu/cpu$cpu/cpufreq/scaling_cur_freq" && echo "cpu$cpu $khz"
done
wait
