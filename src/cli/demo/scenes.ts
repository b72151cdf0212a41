import type { PolicyDecision, ProblemCode } from '../../index.js';
import type { Role } from './cast.js';

/** One finished task of the story. `name` is what later tasks call it. */
export interface Task {
  readonly name: string;
  readonly role: Role;
  readonly act: string;
  readonly parents: readonly string[];
  readonly policy: readonly [pol: string, decision: PolicyDecision];
  /** Claims of the extension object. */
  readonly extension?: Readonly<Record<string, unknown>>;
  /** Signed by somebody else than the agent it names. */
  readonly isForged?: true;
}

/** What happens next: tasks that are recorded together, and whether the ledger should refuse them. */
export interface Scene {
  readonly words: readonly string[];
  readonly tasks: readonly Task[];
  readonly refusedWith?: ProblemCode;
}

const BUILD: Omit<Task, 'parents'> = {
  name: 'build',
  role: 'builder',
  act: 'build_release_artifact',
  policy: ['release_build_policy_v1', 'approved'],
};

const APPROVAL: Task = {
  name: 'approval',
  role: 'officer',
  act: 'approve_release',
  parents: ['build'],
  policy: ['release_approval_v1', 'approved'],
};

/** The medical software release of ECT ("Worked example"), with what can go wrong on the way. */
export const SCENES: readonly Scene[] = [
  {
    words: [
      'MedTech plans a new release of its infusion pump software.',
      'The spec reviewer checks the requirements.',
    ],
    tasks: [
      {
        name: 'review',
        role: 'reviewer',
        act: 'review_requirements_spec',
        parents: [],
        policy: ['spec_review_policy_v2', 'approved'],
      },
    ],
  },
  {
    words: ['The code generator writes the module. Its token names the review as its parent.'],
    tasks: [
      {
        name: 'module',
        role: 'generator',
        act: 'implement_module',
        parents: ['review'],
        policy: ['coding_standards_v3', 'approved'],
      },
    ],
  },
  {
    words: [
      'Three agents look at the module at the same time, one of them from the audit lab.',
      'They find what they find: the security scan is rejected. That, too, is recorded.',
    ],
    tasks: [
      {
        name: 'tests',
        role: 'tester',
        act: 'execute_test_suite',
        parents: ['module'],
        policy: ['test_coverage_v4', 'approved'],
      },
      {
        name: 'analysis',
        role: 'analyst',
        act: 'analyse_code',
        parents: ['module'],
        policy: ['static_analysis_v2', 'approved'],
      },
      {
        name: 'scan',
        role: 'scanner',
        act: 'scan_for_vulnerabilities',
        parents: ['module'],
        policy: ['vulnerability_policy_v1', 'rejected'],
      },
    ],
  },
  {
    words: [
      'The build agent is in a hurry and builds all the same.',
      'A task that follows from a rejected one must be its remediation, so the ledger says no.',
    ],
    tasks: [{ ...BUILD, name: 'hasty-build', parents: ['tests', 'analysis', 'scan'] }],
    refusedWith: 'parent-policy',
  },
  {
    words: [
      'The code analyst sees that the module changes how a dose is rounded,',
      'and leaves the clinical risk to a human: the decision is pending.',
    ],
    tasks: [
      {
        name: 'risk',
        role: 'analyst',
        act: 'assess_clinical_risk',
        parents: ['module'],
        policy: ['clinical_risk_v1', 'pending_human_review'],
      },
    ],
  },
  {
    words: [
      'The release officer looks at it herself. Only a human review may follow from a pending decision.',
    ],
    tasks: [
      {
        name: 'risk-review',
        role: 'officer',
        act: 'human_review_of_clinical_risk',
        parents: ['risk'],
        policy: ['clinical_risk_v1', 'approved'],
      },
    ],
  },
  {
    words: ['The code generator replaces the vulnerable library: the remediation of the rejected scan.'],
    tasks: [
      {
        name: 'remediation',
        role: 'generator',
        act: 'remediate_vulnerable_library',
        parents: ['scan'],
        policy: ['coding_standards_v3', 'approved'],
        extension: { compensation_required: true },
      },
    ],
  },
  {
    words: ['The audit lab scans what was changed, and now approves.'],
    tasks: [
      {
        name: 'rescan',
        role: 'scanner',
        act: 'verify_remediation',
        parents: ['remediation'],
        policy: ['vulnerability_policy_v1', 'approved'],
      },
    ],
  },
  {
    words: ['Now the build agent may build. Its token names everything that the build rests on.'],
    tasks: [{ ...BUILD, parents: ['tests', 'analysis', 'risk-review', 'rescan'] }],
  },
  {
    words: [
      'An intruder approves the release in the name of the release officer,',
      'with a key of his own that he calls by the name of hers.',
    ],
    tasks: [{ ...APPROVAL, name: 'forgery', isForged: true }],
    refusedWith: 'invalid-signature',
  },
  {
    words: ['The release officer herself, a human at the audit lab, approves the release.'],
    tasks: [APPROVAL],
  },
];
