import { loadTokenizer, toTokenizerJson } from '../../../src/formats/tokenizers/index.ts'
import { FormatError } from '../../../src/index.ts'
import { tokenizer } from '../models.ts'
import { quietly } from '../quietly.ts'
import { decode, encodeJson, reader } from '../reader.ts'

const token = (id: number, content: string) => ({ id, content, special: true })

const wordPiece = {
  version: '1.0',
  added_tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]'].map((content, id) => token(id, content)),
  normalizer: { type: 'BertNormalizer', lowercase: true, clean_text: true, strip_accents: null },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '[CLS]', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] } },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: { '[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3, hello: 4, world: 5, '##s': 6 },
  },
}

const bytePairs = {
  version: '1.0',
  added_tokens: [],
  normalizer: { type: 'NFC' },
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
  post_processor: null,
  decoder: { type: 'ByteLevel' },
  model: {
    type: 'BPE',
    unk_token: null,
    fuse_unk: false,
    vocab: { l: 0, o: 1, w: 2, lo: 3, low: 4, e: 5, r: 6 },
    merges: ['l o', 'lo w'],
  },
}

const unigram = {
  version: '1.0',
  added_tokens: [token(0, '<unk>')],
  normalizer: null,
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
  post_processor: null,
  decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
  model: {
    type: 'Unigram',
    unk_id: 0,
    vocab: [
      ['<unk>', 0],
      ['▁low', -1.5],
      ['er', -2],
    ],
  },
}

export const huggingFace = reader({
  name: 'hugging-face',
  parser: 'third-party',
  errors: [FormatError],
  bytesPerByte: 500,
  seeds: async () =>
    [wordPiece, bytePairs, unigram, toTokenizerJson(tokenizer())].map(description => [
      encodeJson(description),
    ]),
  read([file]) {
    let description: unknown
    try {
      description = JSON.parse(decode(file))
    } catch (cause) {
      throw new FormatError({ operation: 'fuzz', problem: 'is not JSON.', cause })
    }
    return quietly(() => loadTokenizer(Object(description)))
  },
})
