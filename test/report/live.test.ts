import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createReporter } from '../../src/report/reporter.ts';
import { textWidth } from '../../src/report/width.ts';
import { ended, FakeOutput, finish, hostNames, rack, stage, start } from './streams.ts';

// ink draws nothing where CI is set, and asks when it is loaded: before that, the variable goes.
vi.hoisted(() => {
  delete process.env['CI'];
  delete process.env['CONTINUOUS_INTEGRATION'];
});

const erase = '\u001b[2K';
const isFrame = (chunk: string): boolean => chunk.endsWith('\n');

beforeEach(() => {
  vi.useFakeTimers({ now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

describe.each([
  [6, 80, 24],
  [400, 80, 24],
  [400, 200, 50],
  [1000, 80, 24],
  [1000, 200, 50],
])('the live view of %i hosts at %ix%i', (count, columns, rows) => {
  const run = async () => {
    const output = new FakeOutput({ columns, rows });
    const reporter = await createReporter('live', output, { colour: true });
    const events = rack(count);
    const step = Math.ceil(3_000 / events.length);
    for (const event of events) {
      reporter.emit(event);
      await vi.advanceTimersByTimeAsync(step);
    }
    const before = output.chunks.length;
    const passed = Date.now() - start;
    reporter.emit(finish(6));
    await reporter.close();
    return { output, frames: output.chunks.slice(0, before).filter(isFrame), passed };
  };

  it('draws at most ten frames a second, each within the screen', async () => {
    const { frames, passed } = await run();
    expect(passed).toBeGreaterThanOrEqual(2_500);
    expect(frames.length).toBeGreaterThan(3);
    expect(frames.length).toBeLessThanOrEqual(1 + passed / 100);
    for (const frame of frames) {
      const lines = stripVTControlCharacters(frame).replace(/\n$/, '').split('\n');
      expect(lines.length).toBeLessThanOrEqual(rows - 1);
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(columns);
    }
  });

  it('draws over the frame before: as many lines are erased as were drawn', async () => {
    const { frames } = await run();
    for (const [index, frame] of frames.entries()) {
      const drawn = index === 0 ? 0 : frames[index - 1]!.split('\n').length;
      expect(frame.split(erase).length - 1).toBe(drawn);
    }
  });

  it('gives way to the final report, clears no scrollback, and shows the cursor again', async () => {
    const { output } = await run();
    const text = output.text();
    expect(text).not.toContain('\u001b[3J');
    expect(text.lastIndexOf('\u001b[?25h')).toBeGreaterThan(text.lastIndexOf('\u001b[?25l'));
    const report = stripVTControlCharacters(
      output.chunks.at(-1) === '' ? output.chunks.at(-2)! : output.chunks.at(-1)!,
    );
    expect(report).toMatch(/cpufreq policy0 scaling_governor powersave→performance/);
    expect(report).toMatch(/✗ UNREACHABLE {2}ECONNREFUSED 127\.0\.0\.1:2404/);
    expect(report.trimEnd()).toMatch(/unreachable · 00:12$/);
    expect(report).not.toContain('░');
  });
});

describe('the live view', () => {
  it('draws nothing more when a run that stands still has nothing new to show', async () => {
    const output = new FakeOutput({ columns: 80, rows: 24 });
    const reporter = await createReporter('live', output, { colour: false });
    for (const event of rack(6)) reporter.emit(event);
    await vi.advanceTimersByTimeAsync(100);
    const before = output.chunks.filter(isFrame).length;
    await vi.advanceTimersByTimeAsync(2_000);
    // Only the clock moves: once a second.
    expect(output.chunks.filter(isFrame).length - before).toBeLessThanOrEqual(3);
    await reporter.close();
  });

  it('has the same report as the plain output', async () => {
    const events = [...rack(400), finish(6)];
    const of = async (kind: 'live' | 'plain') => {
      const output = new FakeOutput({ columns: 100, rows: 30 });
      const reporter = await createReporter(kind, output, { colour: false });
      for (const event of events) reporter.emit(event);
      await reporter.close();
      const text = stripVTControlCharacters(output.text());
      return text
        .slice(text.indexOf('\nsite.yml:8'))
        .split('\n')
        .map((line) => line.trimEnd());
    };
    expect(await of('live')).toEqual(await of('plain'));
  });

  it('leaves nothing behind when the run ends without a word', async () => {
    const output = new FakeOutput({ columns: 80, rows: 24 });
    const reporter = await createReporter('live', output, { colour: false });
    for (const event of rack(6)) reporter.emit(event);
    await vi.advanceTimersByTimeAsync(200);
    await reporter.close();
    const written = output.chunks.length;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(output.chunks.length).toBe(written);
  });

  it('survives a terminal that went away', async () => {
    const output = new FakeOutput({ columns: 80, rows: 24 });
    const reporter = await createReporter('live', output, { colour: false });
    for (const event of rack(6)) reporter.emit(event);
    output.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    const written = output.chunks.length;
    for (const host of hostNames(6)) reporter.emit(stage(host, 'apply'));
    await vi.advanceTimersByTimeAsync(500);
    reporter.emit(ended('kvm001', 'ok'));
    reporter.emit(finish());
    await reporter.close();
    expect(output.chunks.length).toBe(written);
  });

  it('draws nothing before there is a run', async () => {
    const output = new FakeOutput({ columns: 80, rows: 24 });
    await createReporter('live', output, { colour: false });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(output.chunks).toEqual([]);
  });

  it('leaves the terminal to a prompt, and draws on below it', async () => {
    const output = new FakeOutput({ columns: 80, rows: 24 });
    const reporter = await createReporter('live', output, { colour: false });
    for (const event of rack(6)) reporter.emit(event);
    await vi.advanceTimersByTimeAsync(300);
    const drawn = output.chunks.filter(isFrame).at(-1)!.split('\n').length - 1;

    let answer: ((text: string) => void) | undefined;
    const asked = reporter.aside(
      () =>
        new Promise<string>((resolve) => {
          answer = resolve;
        }),
    );
    // As many lines as were drawn are taken back, and the cursor is there for what is typed.
    const erased = output.text().split(erase).length - 1;
    expect(erased).toBeGreaterThanOrEqual(drawn);
    expect(output.text().lastIndexOf('\u001b[?25h')).toBeGreaterThan(output.text().lastIndexOf('\u001b[?25l'));
    const written = output.text().length;
    for (const host of hostNames(6)) reporter.emit(stage(host, 'apply'));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(output.text().length).toBe(written);

    answer!('secret');
    expect(await asked).toBe('secret');
    await vi.advanceTimersByTimeAsync(200);
    const after = output.text().slice(written);
    expect(after).toContain('perfplay run site.yml');
    // Nothing above the new view is erased before it is drawn.
    expect(after.slice(0, after.indexOf('perfplay run'))).not.toContain(erase);
    await reporter.close();
  });

  it('ends in its report while a prompt is open', async () => {
    const output = new FakeOutput({ columns: 80, rows: 24 });
    const reporter = await createReporter('live', output, { colour: false });
    for (const event of rack(6)) reporter.emit(event);
    const asked = reporter.aside(() => Promise.reject(new Error('no terminal')));
    reporter.emit(finish());
    await expect(asked).rejects.toThrow('no terminal');
    const written = output.text().length;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(output.text().length).toBe(written);
    await reporter.close();
  });
});
