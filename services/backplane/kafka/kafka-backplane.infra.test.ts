import { describeBackplane } from '../backplane.contract.ts';
import { openKafkaFixture } from './kafka.fixture.ts';

describeBackplane('kafka backplane', () => openKafkaFixture());
