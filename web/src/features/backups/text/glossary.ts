/** Words of the screen that a newcomer does not know, in one sentence each; the guide has the others. */

export const GLOSSARY = {
  cofre: "Onde os backups ficam: um espaço no Cloudflare R2, fora do Supabase e do GitHub.",
  manifesto:
    "O arquivo ao lado do backup que diz o que ele contém: registros de cada tabela, estrutura, permissões, e o sha256 que confere o arquivo.",
  provado:
    "Um ensaio restaurou este backup num banco descartável, comparou o resultado com o manifesto, e nada divergiu. O que não pôde ser ensaiado está no relatório dele.",
  conferido:
    "Depois de gravado, o arquivo foi lido de volta do cofre e é igual ao que foi enviado. Só um ensaio mostra que ele restaura.",
  reprovado:
    "Um ensaio falhou com este backup: ele não conta como proteção. Restaure de preferência o último que não foi reprovado.",
  naoAssinado:
    "Não traz a assinatura desta instalação: não se sabe quem o fez, e ele não conta como proteção.",
  naoConferido: "Ainda não foi lido de volta do cofre, nem ensaiado.",
  vigia:
    "A verificação que roda sozinha, a cada 6 horas no GitHub e, onde foi ligada, de hora em hora no banco, e avisa quando algo dos backups não está bem.",
} as const;

export type GlossaryWord = keyof typeof GLOSSARY;
