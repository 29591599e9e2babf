/**
 * From anything thrown to problem details: expected errors, what fastify says, or `internal` without the reason.
 */
import { CecochatError } from '../core/errors.ts';
import { fromFramework, toProblem, type FrameworkFault, type Problem } from './http-problem.ts';

export function expectedHttpProblem(error: unknown): Problem {
  if (error instanceof CecochatError) return toProblem(error);
  const known = isFrameworkFault(error) ? fromFramework(error) : undefined;
  return known ?? toProblem(internal);
}

const internal = new CecochatError('internal', 'the server failed to handle the request', {
  hint: 'the server has logged the reason',
});

/** Fastify's own errors and those of its parsers carry a status; others do not. */
function isFrameworkFault(error: unknown): error is Error & FrameworkFault {
  return error instanceof Error && ('statusCode' in error || 'validation' in error);
}
