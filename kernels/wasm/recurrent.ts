// Whole recurrent layers: LSTM, GRU and the simple recurrence. A call is described by a block of words (see
// recurrent-parameters); the caller packs the kernels once and then takes the rows of the batch (and the columns of the
// parameter gradients) in as many ranges as it likes.
export { recurrent_forward_pack, recurrent_forward_packed_bytes } from './recurrent-pack';
export { recurrent_forward_rows, recurrent_forward_scratch_bytes } from './recurrent-forward';
export { recurrent_backward_pack, recurrent_backward_packed_bytes } from './recurrent-backward-areas';
export { recurrent_backward_rows, recurrent_backward_scratch_bytes } from './recurrent-backward';
export {
  recurrent_backward_kernels,
  recurrent_kernel_panels,
  recurrent_kernels_scratch_bytes,
} from './recurrent-weights';
