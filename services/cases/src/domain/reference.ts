/** Spoken on the telephone: no 0 and O, no 1 and I. */
const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

/**
 * A case's reference: `IH-<year>-<serial><check>`. The check character is Luhn's algorithm over 32 symbols: one
 * character heard wrongly, or two neighbours swapped, does not give another valid reference.
 * @param year four digits @param entropy one byte a serial character
 */
export function caseReference(year: number, entropy: Uint8Array): string {
  const serial = Array.from(entropy, (byte) => alphabet[byte % alphabet.length]!).join('');
  return `IH-${String(year % 100).padStart(2, '0')}-${serial}${checkCharacter(serial)}`;
}

export function isCaseReference(text: string): boolean {
  const serial = /^IH-\d{2}-([2-9A-HJ-NP-Z]{5,9})$/.exec(text)?.[1];
  return serial !== undefined && checkCharacter(serial.slice(0, -1)) === serial.at(-1);
}

function checkCharacter(serial: string): string {
  const size = alphabet.length;
  const sum = [...serial].reverse().reduce((total, character, index) => {
    const addend = alphabet.indexOf(character) * (index % 2 === 0 ? 2 : 1);
    return total + Math.floor(addend / size) + (addend % size);
  }, 0);
  return alphabet[(size - (sum % size)) % size]!;
}
