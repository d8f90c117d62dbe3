import { chmod } from 'node:fs/promises';
import type { ClaimedJob } from '../../contract/agentProtocol';
import type { JobContainer, JobService } from '../../contract/jobContainer';
import type { JobFacts } from '../../contract/jobFacts';
import type { Log } from '../../kernel/log';
import { readBounded } from '../commandOutputs';
import type { JobLog } from '../jobLog';
import type { JobFolder, Workplace } from '../workplace';
import { containerName, type Host, jobArguments, type Owner, removeArguments } from './arguments';
import { type ContainerCommand, containerScript, NO_DIRECTORY, NO_PROGRAM, STARTED } from './containerScript';
import { ContainerProblem, type Image, pullProblem, type RunVisibly, takeImage } from './images';
import { allowedMounts, allowedNetwork, allowedOptions } from './policy';
import { ask, type ContainerRuntime, lastLineOf } from './runtime';
import { portVariables, type ServicePlace, showServiceLogs, startService, waitUntilHealthy } from './services';

interface Options {
  readonly job: Pick<ClaimedJob, 'jobId' | 'container' | 'services'>;
  readonly workplace: Workplace;
  readonly folder: JobFolder;
  readonly output: JobLog;
  readonly log: Log;
  /** Runs a program of the agent, whose output is part of the log. */
  readonly run: RunVisibly;
  readonly signal: AbortSignal;
}

/**
 * The containers of one job: its own, if its command runs in one, and its services. `end` removes all of them, whatever
 * happened before.
 */
export class JobContainers {
  private readonly owner: Owner;
  private readonly started: string[] = [];
  private network: string | undefined;
  private image: Image | undefined;
  private hosts: Host[] = [];
  private ran: Pick<JobFacts, 'container' | 'services'> = { container: null, services: [] };
  private used = false;

  private constructor(
    private readonly runtime: ContainerRuntime,
    private readonly options: Options,
  ) {
    this.owner = { jobId: options.job.jobId, agent: options.workplace.name };
  }

  /** Undefined for a job without containers. */
  static of(options: Options): JobContainers | undefined {
    const { container, services } = options.job;
    if (container === null && services.length === 0) return undefined;
    const { runtime } = options.workplace;
    if (runtime === undefined) {
      throw new ContainerProblem(
        'CONTAINER_UNAVAILABLE',
        'This agent has neither podman nor docker, or is not allowed to use it.',
      );
    }
    return new JobContainers(runtime, options);
  }

  /** Images that ran. In a cluster, their digests are known while their pods exist. */
  async facts(): Promise<Pick<JobFacts, 'container' | 'services'>> {
    const { container, services } = this.ran;
    const { jobId } = this.owner;
    const known = async <T extends { readonly digest: string }>(one: T, service?: string): Promise<T[]> => {
      if (one.digest !== '') return [one];
      const args = ['inspect', '--format', '{{.ImageDigest}}', containerName(jobId, service)];
      const digest = (await ask(this.runtime, args, { timeoutMs: 10_000 })).stdout.trim();
      return digest === '' ? [] : [{ ...one, digest }];
    };
    const all = await Promise.all(services.map((service) => known(service, service.name)));
    return { container: (container && (await known(container))[0]) ?? null, services: all.flat() };
  }

  /** Takes the images and starts the services. Returns variables for the command. */
  async prepare(): Promise<Record<string, string>> {
    const { job, workplace, signal } = this.options;
    // Everything that the configuration forbids is refused before anything runs.
    for (const one of [job.container, ...job.services]) if (one !== null) this.check(one);
    await workplace.markContainers();
    this.used = true;
    await this.openFolders();
    if (job.container !== null) this.image = await this.take(job.container);
    const images: Image[] = [];
    for (const service of job.services) images.push(await this.take(service));
    if (job.services.length === 0) return {};
    const place = this.place(await this.createNetwork());
    for (const [index, service] of job.services.entries()) {
      this.started.push(service.name);
      const image = images[index];
      if (image === undefined) continue;
      this.hosts.push(await startService(place, service, image, this.hosts));
      const { name, image: named } = service;
      this.ran = { ...this.ran, services: [...this.ran.services, { name, image: named, digest: image.digest }] };
    }
    await Promise.all(job.services.map((service) => waitUntilHealthy(place, service)));
    signal.throwIfAborted();
    return portVariables(place, job.services, this.hosts);
  }

  /** Arguments and input of the runtime for the command, in the container of the job. */
  command(given: Omit<ContainerCommand, 'without' | 'stateFile'> & { readonly clean: boolean }) {
    const { job, folder } = this.options;
    const { container } = job;
    if (container === null || this.image === undefined) return undefined;
    const { id: imageId, digest, variables, authFile } = this.image;
    this.ran = { ...this.ran, container: { image: container.image, digest } };
    const { runtime, owner, hosts } = this;
    const common = { runtime, owner, imageId, authFile, work: folder.work, hosts };
    const folders = [folder.work, folder.io];
    const script = containerScript({ ...given, without: given.clean ? variables : [], stateFile: folder.stateFile });
    return {
      argv: jobArguments({ ...common, folders, network: this.network ?? null }, container),
      env: { ...this.runtime.environment },
      input: script,
    };
  }

  /** How far the container came: the reason why the command did not start, or undefined. */
  async startProblem(exitCode: number | null, said: string, directory: string, program: string) {
    const state = await readBounded(this.options.folder.stateFile, 'the state of the container').catch(() => '');
    if (state === STARTED) return undefined;
    const { image } = this.options.job.container ?? { image: '' };
    if (state === NO_DIRECTORY) {
      return new ContainerProblem('WORKING_DIR_REFUSED', `The container of ${image} has no directory "${directory}".`);
    }
    if (state === NO_PROGRAM) {
      return new ContainerProblem('SHELL_NOT_FOUND', `The image ${image} has no program "${program}".`);
    }
    if (exitCode === null || exitCode === 0) return undefined;
    if (said.includes('the image could not be pulled')) return pullProblem(image, said);
    const why = lastLineOf(said) || `exit code ${exitCode}`;
    return new ContainerProblem('CONTAINER_FAILED', `The container of ${image} did not start: ${why}`);
  }

  /** Says in the log why the kernel killed the command. */
  async noteEnd(exitCode: number | null): Promise<void> {
    if (exitCode !== 137) return;
    const args = ['inspect', '--format', '{{.State.OOMKilled}}', containerName(this.owner.jobId)];
    const { stdout } = await ask(this.runtime, args, { timeoutMs: 10_000 });
    if (stdout.trim() === 'true') this.options.output.note('the container ran out of memory and was killed');
  }

  /** Removes all containers of the job. `failed`: their logs may explain it. */
  async end(failed: boolean): Promise<void> {
    if (!this.used) return;
    const { job, log } = this.options;
    const place = this.place(this.network ?? '');
    if (failed && this.started.length > 0) await showServiceLogs(place, this.started);
    const names = [...(job.container === null ? [] : [undefined]), ...this.started].map((service) =>
      containerName(this.owner.jobId, service),
    );
    const removed = await ask(this.runtime, removeArguments(this.runtime, names));
    if (removed.code !== 0 && !/no such container/i.test(removed.stderr)) {
      log.error(`could not remove ${names.join(', ')}: ${lastLineOf(removed.stderr)}`);
    }
    if (this.network === undefined) return;
    const { code, stderr } = await ask(this.runtime, ['network', 'rm', this.network]);
    if (code !== 0) log.error(`could not remove the network ${this.network}: ${lastLineOf(stderr)}`);
  }

  private check(one: JobContainer | JobService): void {
    const { policy } = this.runtime;
    allowedOptions(one.options, policy);
    allowedMounts(one.mounts, this.options.folder.work, policy);
    if ('network' in one) allowedNetwork(one.network, policy);
  }

  /** A container’s user may be any; nobody else gets past the folder of the job. */
  private async openFolders(): Promise<void> {
    const { path, work, io, outputFolder, reportFolder } = this.options.folder;
    await chmod(path, 0o700);
    for (const folder of [work, io, outputFolder, reportFolder]) await chmod(folder, 0o777);
  }

  private take(wanted: JobContainer | JobService): Promise<Image> {
    const { folder, run, signal } = this.options;
    return takeImage(this.runtime, wanted, folder.path, run, signal);
  }

  private async createNetwork(): Promise<string> {
    const name = containerName(this.owner.jobId);
    const { jobId, agent } = this.owner;
    const args = ['network', 'create', `--label=slipway.job=${jobId}`, `--label=slipway.agent=${agent}`, name];
    const { code, stderr } = await ask(this.runtime, args);
    if (code !== 0) throw new ContainerProblem('CONTAINER_FAILED', `Could not create a network: ${lastLineOf(stderr)}`);
    this.network = name;
    return name;
  }

  private place(network: string): ServicePlace {
    const { folder, output, signal, job } = this.options;
    const { runtime, owner } = this;
    const { work } = folder;
    // The addresses of pods can be reached from everywhere in the cluster.
    const publish = job.container === null && runtime.kind !== 'kubernetes';
    return { runtime, owner, work, folder: folder.path, network, publish, output, signal };
  }
}
