import { ApplicationParts } from '../namedRows.store';
import type { Service } from './service';
import { serviceTable } from './services.table';

export const services = new ApplicationParts<Service>(serviceTable);
