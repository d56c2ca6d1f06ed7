import { Window } from './window';

/** A window and, in this order, the rest of Convolution in kernels.ts; `packed` has room for conv_packed_bytes or conv_sums_bytes. */
@unmanaged
export class Convolution extends Window {
  filters: i32;
  groups: i32;
  x: usize;
  kernel: usize;
  y: usize;
  bias: usize;
  packed: usize;
}
