// The whole-sequence LSTM. A call is described by a block of words (see lstm-parameters); the caller packs the kernels once and
// then takes the rows of the batch (and the columns of the parameter gradients) in as many ranges as it likes.
export {
  lstm_forward_pack,
  lstm_forward_packed_bytes,
  lstm_forward_rows,
  lstm_forward_scratch_bytes,
} from './lstm-forward';
export {
  lstm_backward_pack,
  lstm_backward_packed_bytes,
  lstm_backward_rows,
  lstm_backward_scratch_bytes,
} from './lstm-backward';
export { lstm_backward_kernels, lstm_kernel_panels, lstm_kernels_scratch_bytes } from './lstm-weights';
