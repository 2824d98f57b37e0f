export type Language = 'fr' | 'ar' | 'en';
export type InLanguages<Text> = Readonly<Record<Language, Text>>;

/** RFC 9110 Accept-Language, reduced to the languages spoken here; French when nothing fits. */
export function languageOf(header: string | undefined): Language {
  const wishes = (header ?? '')
    .split(',', 20)
    .map((wish) => {
      const [tag = '', ...parameters] = wish.trim().toLowerCase().split(';');
      const q = parameters.map((parameter) => /^\s*q=([01](?:\.\d{1,3})?)$/.exec(parameter)?.[1]).find(Boolean);
      return { language: tag.split('-')[0], weight: q === undefined ? 1 : Number(q) };
    })
    .filter((wish): wish is { language: Language; weight: number } => /^(fr|ar|en)$/.test(wish.language ?? ''));
  const best = Math.max(0, ...wishes.map((wish) => wish.weight));
  return wishes.find((wish) => wish.weight === best && best > 0)?.language ?? 'fr';
}
