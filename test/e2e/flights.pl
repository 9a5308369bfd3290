# The command of an ssh session, run between two pumps that count its round trips: how often input came after output.
# Input that comes within 20 ms belongs together, and is held until all of it is there: so no answer can cut it in two.
use strict;
use IO::Select;

pipe(my $for_command, my $to_command) && pipe(my $from_command, my $by_command) or die $!;
my $command = fork // die $!;
if (!$command) {
  open(STDIN, '<&', $for_command) && open(STDOUT, '>&', $by_command) or die $!;
  close $_ for $for_command, $to_command, $from_command, $by_command;
  exec $ENV{SHELL}, '-c', $ENV{SSH_ORIGINAL_COMMAND} or die $!;
}
close $for_command;
close $by_command;
$SIG{PIPE} = 'IGNORE';
my ($input, $output) = (IO::Select->new(\*STDIN), IO::Select->new($from_command));
my $both = IO::Select->new(\*STDIN, $from_command);
my ($flights, $answered) = (0, 1);

sub pass {
  my ($to, $bytes) = @_;
  while (length $bytes) { substr $bytes, 0, syswrite($to, $bytes) // return, ''; }
}
while ($both->count) {
  for my $ready ($both->can_read) {
    if ($ready == $from_command) {
      my $count = sysread $from_command, my $answer, 65536;
      if (!$count) { $both = IO::Select->new; last }
      pass(\*STDOUT, $answer);
      $answered = 1;
      next;
    }
    my ($bytes, $open) = ('', 1);
    do { $open = sysread STDIN, $bytes, 65536, length $bytes } while $open && $input->can_read(0.02);
    $flights++ if length $bytes && $answered;
    $answered = 0 if length $bytes;
    pass($to_command, $bytes);
    if (!$open) { close $to_command; $both->remove(\*STDIN) }
  }
}
waitpid $command, 0;
open(my $log, '>>', '/var/lib/lab/flights') or die $!;
syswrite $log, "$flights\n";
exit($? >> 8);
