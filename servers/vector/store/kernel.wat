;; The inner loops of the search by vectors; codes.ts lays out the memory and calls them. Compiled into kernel.ts by `npm run generate`.
(module
  (memory (export "memory") 1)

  ;; Goes through the rows of a block. Of each whose bit in the mask is set, counts in how many bits its signature differs from the
  ;; query's; where that is less than $cutoff, appends (difference, row) as two u32 to $out.
  ;;   $signatures: $bytes a row, a multiple of 16    $query: one signature    $mask: a bit a row, the lowest bit of a u32 first
  ;;   $rows: how many, a multiple of 32    $first: the number of the first one    $out, $count: the list, and how many it has
  ;; Returns how many it has now. There must be room for one entry a row.
  (func (export "scan") (param $signatures i32) (param $query i32) (param $bytes i32) (param $mask i32) (param $rows i32) (param $first i32)
                        (param $cutoff i64) (param $out i32) (param $count i32) (result i32)
    (local $row i32) (local $bits i32) (local $difference i64) (local $at i32) (local $with i32) (local $end i32) (local $entry i32)
    (local.set $end (i32.add (local.get $query) (local.get $bytes)))
    (local.set $entry (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 3))))
    (local.set $rows (i32.add (local.get $first) (local.get $rows)))
    ;; A word of the mask has 32 rows, of which those that are wanted are gone through, the lowest first.
    (loop $word
      (local.set $bits (i32.load (local.get $mask)))
      (block $done
        (loop $next
          (br_if $done (i32.eqz (local.get $bits)))
          (local.set $row (i32.ctz (local.get $bits)))
          (local.set $bits (i32.and (local.get $bits) (i32.sub (local.get $bits) (i32.const 1))))
          (local.set $difference (i64.const 0))
          (local.set $at (i32.add (local.get $signatures) (i32.mul (local.get $row) (local.get $bytes))))
          (local.set $with (local.get $query))
          (loop $words
            (local.set $difference (i64.add (local.get $difference) (i64.add
              (i64.popcnt (i64.xor (i64.load (local.get $at)) (i64.load (local.get $with))))
              (i64.popcnt (i64.xor (i64.load offset=8 (local.get $at)) (i64.load offset=8 (local.get $with)))))))
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (br_if $words (i32.lt_u (local.tee $with (i32.add (local.get $with) (i32.const 16))) (local.get $end))))
          (if (i64.lt_u (local.get $difference) (local.get $cutoff))
            (then
              (i32.store (local.get $entry) (i32.wrap_i64 (local.get $difference)))
              (i32.store offset=4 (local.get $entry) (i32.add (local.get $first) (local.get $row)))
              (local.set $entry (i32.add (local.get $entry) (i32.const 8)))))
          (br $next)))
      (local.set $mask (i32.add (local.get $mask) (i32.const 4)))
      (local.set $signatures (i32.add (local.get $signatures) (i32.shl (local.get $bytes) (i32.const 5))))
      (br_if $word (i32.lt_u (local.tee $first (i32.add (local.get $first) (i32.const 32))) (local.get $rows))))
    (i32.shr_u (i32.sub (local.get $entry) (local.get $out)) (i32.const 3)))

  ;; The sum of the products of two rows of $bytes signed bytes, a multiple of 16.
  (func $dot (param $a i32) (param $b i32) (param $bytes i32) (result i32)
    (local $end i32) (local $low v128) (local $high v128) (local $x v128) (local $y v128)
    (local.set $end (i32.add (local.get $a) (local.get $bytes)))
    (loop $next
      (local.set $x (v128.load (local.get $a)))
      (local.set $y (v128.load (local.get $b)))
      (local.set $low (i32x4.add (local.get $low)
        (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_s (local.get $x)) (i16x8.extend_low_i8x16_s (local.get $y)))))
      (local.set $high (i32x4.add (local.get $high)
        (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_s (local.get $x)) (i16x8.extend_high_i8x16_s (local.get $y)))))
      (local.set $b (i32.add (local.get $b) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $a (i32.add (local.get $a) (i32.const 16))) (local.get $end))))
    (local.set $low (i32x4.add (local.get $low) (local.get $high)))
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $low)) (i32x4.extract_lane 1 (local.get $low)))
      (i32.add (i32x4.extract_lane 2 (local.get $low)) (i32x4.extract_lane 3 (local.get $low)))))

  ;; Replaces the difference of each entry in the list by the row's cosine, as an f32: the product of the codes and of both scales.
  ;;   $base: the first block    $block: bytes a block, of 4096 rows    $codes, $scales: where they begin in a block
  (func (export "rescore") (param $list i32) (param $count i32) (param $base i32) (param $block i32) (param $codes i32) (param $scales i32)
                           (param $query i32) (param $bytes i32) (param $scale f32)
    (local $end i32) (local $row i32) (local $at i32)
    (local.set $end (i32.add (local.get $list) (i32.shl (local.get $count) (i32.const 3))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $list) (local.get $end)))
        (local.set $row (i32.load offset=4 (local.get $list)))
        (local.set $at (i32.add (local.get $base) (i32.mul (i32.shr_u (local.get $row) (i32.const 12)) (local.get $block))))
        (local.set $row (i32.and (local.get $row) (i32.const 4095)))
        (f32.store (local.get $list) (f32.mul
          (f32.mul (local.get $scale) (f32.load (i32.add (i32.add (local.get $at) (local.get $scales)) (i32.shl (local.get $row) (i32.const 2)))))
          (f32.convert_i32_s (call $dot
            (i32.add (i32.add (local.get $at) (local.get $codes)) (i32.mul (local.get $row) (local.get $bytes)))
            (local.get $query)
            (local.get $bytes)))))
        (local.set $list (i32.add (local.get $list) (i32.const 8)))
        (br $next))))

  ;; The signature of a row of codes: a bit for each, set where it is above zero. $bytes of codes, a multiple of 128.
  (func (export "sign") (param $codes i32) (param $signature i32) (param $bytes i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $codes) (local.get $bytes)))
    (loop $next
      (i32.store16 (local.get $signature) (i8x16.bitmask (i8x16.gt_s (v128.load (local.get $codes)) (v128.const i64x2 0 0))))
      (local.set $signature (i32.add (local.get $signature) (i32.const 2)))
      (br_if $next (i32.lt_u (local.tee $codes (i32.add (local.get $codes) (i32.const 16))) (local.get $end)))))

  ;; Multiplies a row of f32 by another, in place. $bytes: a multiple of 16
  (func (export "multiply") (param $values i32) (param $by i32) (param $bytes i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $values) (local.get $bytes)))
    (loop $next
      (v128.store (local.get $values) (f32x4.mul (v128.load (local.get $values)) (v128.load (local.get $by))))
      (local.set $by (i32.add (local.get $by) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $values (i32.add (local.get $values) (i32.const 16))) (local.get $end)))))

  ;; The Walsh-Hadamard transform of a row of f32, in place and without its factor. $bytes: 4 times a power of two, 16 at least
  (func (export "transform") (param $values i32) (param $bytes i32)
    (local $end i32) (local $half i32) (local $at i32) (local $until i32) (local $a v128) (local $b v128)
    (local.set $end (i32.add (local.get $values) (local.get $bytes)))
    ;; The first two steps stay within four neighbours.
    (local.set $at (local.get $values))
    (loop $next
      (local.set $a (v128.load (local.get $at)))
      (local.set $a (f32x4.add
        (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get $a) (local.get $a))
        (f32x4.mul (local.get $a) (v128.const f32x4 1 -1 1 -1))))
      (v128.store (local.get $at) (f32x4.add
        (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $a) (local.get $a))
        (f32x4.mul (local.get $a) (v128.const f32x4 1 1 -1 -1))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end))))
    ;; All others join what is $half bytes apart, from 16 up.
    (local.set $half (i32.const 16))
    (block $done
      (loop $step
        (br_if $done (i32.ge_u (local.get $half) (local.get $bytes)))
        (local.set $at (local.get $values))
        (loop $pair
          (local.set $until (i32.add (local.get $at) (local.get $half)))
          (loop $next
            (local.set $a (v128.load (local.get $at)))
            (local.set $b (v128.load (i32.add (local.get $at) (local.get $half))))
            (v128.store (local.get $at) (f32x4.add (local.get $a) (local.get $b)))
            (v128.store (i32.add (local.get $at) (local.get $half)) (f32x4.sub (local.get $a) (local.get $b)))
            (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $until))))
          (br_if $pair (i32.lt_u (local.tee $at (i32.add (local.get $at) (local.get $half))) (local.get $end))))
        (local.set $half (i32.shl (local.get $half) (i32.const 1)))
        (br $step))))

  ;; Writes a row of f32 as signed bytes of which the largest is 127, or all zero. $bytes: of the f32, a multiple of 64
  ;; Returns the factor by which the bytes become a row of length 1; 0 for zeros, and for what is not finite.
  (func (export "quantize") (param $values i32) (param $codes i32) (param $bytes i32) (result f32)
    (local $end i32) (local $at i32) (local $most v128) (local $sum v128) (local $step v128) (local $x v128) (local $largest f32) (local $squares f32)
    (local.set $end (i32.add (local.get $values) (local.get $bytes)))
    (local.set $at (local.get $values))
    (loop $next
      (local.set $x (v128.load (local.get $at)))
      (local.set $most (f32x4.max (local.get $most) (f32x4.abs (local.get $x))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end))))
    (local.set $largest (f32.max
      (f32.max (f32x4.extract_lane 0 (local.get $most)) (f32x4.extract_lane 1 (local.get $most)))
      (f32.max (f32x4.extract_lane 2 (local.get $most)) (f32x4.extract_lane 3 (local.get $most)))))
    ;; Also where 127 divided by it would not be a number any more.
    (if (f32.gt (local.get $largest) (f32.const 1e-30)) (then (local.set $step (f32x4.splat (f32.div (f32.const 127) (local.get $largest))))))
    (local.set $at (local.get $values))
    (loop $next
      (local.set $x (f32x4.nearest (f32x4.mul (local.get $step) (v128.load (local.get $at)))))
      (local.set $sum (f32x4.add (local.get $sum) (f32x4.mul (local.get $x) (local.get $x))))
      (v128.store32_lane 0 (local.get $codes)
        (i8x16.narrow_i16x8_s (i16x8.narrow_i32x4_s (i32x4.trunc_sat_f32x4_s (local.get $x)) (local.get $x)) (local.get $x)))
      (local.set $codes (i32.add (local.get $codes) (i32.const 4)))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end))))
    (local.set $squares (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $sum)) (f32x4.extract_lane 1 (local.get $sum)))
      (f32.add (f32x4.extract_lane 2 (local.get $sum)) (f32x4.extract_lane 3 (local.get $sum)))))
    (if (result f32) (f32.gt (local.get $squares) (f32.const 0)) (then (f32.div (f32.const 1) (f32.sqrt (local.get $squares)))) (else (f32.const 0))))
)
