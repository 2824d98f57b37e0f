import { type CaseFile, type Consent, findConsent, openTransfer, type Transfer } from '@ihala/case-file';
import type { CaseParties, TransferParties } from '@ihala/access';
import { EventLog } from '@ihala/event-log';
import { type CaseRecord, loadCase, ResourceLoader } from '@ihala/service-kit';
import { Injectable } from '@nestjs/common';

/** A case and its parts as the policies see them. */
export function caseResource(file: CaseFile): CaseParties {
  const offer = openTransfer(file);
  return {
    type: 'Case',
    custodian: file.custody.agency,
    unit: file.unit,
    offeredTo: offer?.to,
    offeredUnit: offer?.toUnit,
  };
}

export function transferResource(transfer: Transfer): TransferParties {
  return {
    type: 'Transfer',
    from: transfer.from,
    fromUnit: transfer.fromUnit,
    to: transfer.to,
    toUnit: transfer.toUnit,
  };
}

@Injectable()
export class CaseLoader extends ResourceLoader<CaseRecord> {
  readonly thing = 'case';
  constructor(private readonly log: EventLog) {
    super();
  }
  load(params: Readonly<Record<string, string>>, to?: number): Promise<CaseRecord | undefined> {
    return loadCase(this.log, params['caseId'] ?? '', to);
  }
  resource({ file }: CaseRecord): CaseParties {
    return caseResource(file);
  }
}

export type LoadedConsent = CaseRecord & { readonly consent: Consent };

@Injectable()
export class ConsentLoader extends ResourceLoader<LoadedConsent> {
  readonly thing = 'consent';
  constructor(private readonly cases: CaseLoader) {
    super();
  }
  async load(params: Readonly<Record<string, string>>, to?: number): Promise<LoadedConsent | undefined> {
    const record = await this.cases.load(params, to);
    const consent = record && findConsent(record.file, params['consentId']?.toLowerCase() ?? '');
    return record && consent && { ...record, consent };
  }
  resource({ file }: LoadedConsent): CaseParties {
    return caseResource(file);
  }
}

export type LoadedTransfer = CaseRecord & { readonly transfer: Transfer };

@Injectable()
export class TransferLoader extends ResourceLoader<LoadedTransfer> {
  readonly thing = 'transfer';
  constructor(private readonly cases: CaseLoader) {
    super();
  }
  async load(params: Readonly<Record<string, string>>, to?: number): Promise<LoadedTransfer | undefined> {
    const record = await this.cases.load(params, to);
    const transfer = record?.file.transfers.find(({ id }) => id === params['transferId']?.toLowerCase());
    return record && transfer && { ...record, transfer };
  }
  resource({ transfer }: LoadedTransfer): TransferParties {
    return transferResource(transfer);
  }
}
