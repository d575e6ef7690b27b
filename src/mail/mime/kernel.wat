;; The inner loops of composing, 16 octets at a time: line ends and safety of text, and base64 in lines (RFC 2045).
;; `node scripts/assemble-kernel.mjs` writes kernel-code.ts from this file; a test holds the two together.
;; Memory is scratch: the caller puts the input in, and copies the output out before the next call.
;; 16 octets after an input are overwritten, and up to 80 after an output.

(module
  ;; 36 pages of 64 KiB; src/mail/mime/kernel.ts says where what lies.
  (memory (export "memory") 36)

  ;; Set by `canonical`: not 0 where the text may not stand as it is.
  (global $unsafe (mut i32) (i32.const 0))

  (func (export "unsafe") (result i32)
    global.get $unsafe)

  ;; 1 where a line begins with "From " or with "--=_", the begin of our boundaries.
  (func $bad_start (param $at i32) (result i32)
    local.get $at
    i32.load
    i32.const 0x6d6f7246          ;; "From"
    i32.eq
    local.get $at
    i32.load8_u 4
    i32.const 0x20
    i32.eq
    i32.and
    local.get $at
    i32.load
    i32.const 0x5f3d2d2d          ;; "--=_"
    i32.eq
    i32.or)

  ;; 1 where the line from $start up to $end is longer than 78 or ends in a blank.
  (func $bad_end (param $start i32) (param $end i32) (result i32)
    (local $last i32)
    local.get $end
    local.get $start
    i32.eq
    if
      i32.const 0
      return
    end
    local.get $end
    i32.const 1
    i32.sub
    i32.load8_u
    local.tee $last
    i32.const 0x20
    i32.eq
    local.get $last
    i32.const 0x09
    i32.eq
    i32.or
    local.get $end
    local.get $start
    i32.sub
    i32.const 78
    i32.gt_u
    i32.or)

  ;; Lanes that neither 7bit nor quoted-printable leaves as they are: other than TAB, CR, LF and 0x20 to 0x7e.
  (func $bad_lanes (param $octets v128) (result v128)
    local.get $octets
    v128.const i32x4 0x20202020 0x20202020 0x20202020 0x20202020
    i8x16.lt_s                    ;; signed: 0x80 and above are less, too
    local.get $octets
    v128.const i32x4 0x0d0d0d0d 0x0d0d0d0d 0x0d0d0d0d 0x0d0d0d0d
    i8x16.eq
    local.get $octets
    v128.const i32x4 0x0a0a0a0a 0x0a0a0a0a 0x0a0a0a0a 0x0a0a0a0a
    i8x16.eq
    v128.or
    local.get $octets
    v128.const i32x4 0x09090909 0x09090909 0x09090909 0x09090909
    i8x16.eq
    v128.or
    v128.andnot
    local.get $octets
    v128.const i32x4 0x7f7f7f7f 0x7f7f7f7f 0x7f7f7f7f 0x7f7f7f7f
    i8x16.eq
    v128.or)

  ;; Copies text (not empty) with CRLF for LF, and a line break at its end; returns the end of the copy. A lone CR stays, as unsafe.
  (func (export "canonical") (param $from i32) (param $end i32) (param $to i32) (result i32)
    (local $octets v128) (local $breaks v128) (local $bad v128) (local $line i32) (local $mask i32) (local $flaws i32)
    local.get $end
    v128.const i32x4 0x7e7e7e7e 0x7e7e7e7e 0x7e7e7e7e 0x7e7e7e7e
    v128.store
    local.get $to
    local.set $line
    local.get $from
    call $bad_start
    local.set $flaws
    block $done
      loop $next
        local.get $from
        local.get $end
        i32.ge_u
        br_if $done
        local.get $to
        local.get $from
        v128.load
        local.tee $octets
        v128.store
        local.get $octets
        v128.const i32x4 0x0a0a0a0a 0x0a0a0a0a 0x0a0a0a0a 0x0a0a0a0a
        i8x16.eq
        local.get $octets
        v128.const i32x4 0x0d0d0d0d 0x0d0d0d0d 0x0d0d0d0d 0x0d0d0d0d
        i8x16.eq
        v128.or
        local.set $breaks
        ;; As in $bad_lanes, where the breaks are known.
        local.get $octets
        v128.const i32x4 0x20202020 0x20202020 0x20202020 0x20202020
        i8x16.lt_s
        local.get $octets
        v128.const i32x4 0x09090909 0x09090909 0x09090909 0x09090909
        i8x16.eq
        local.get $breaks
        v128.or
        v128.andnot
        local.get $octets
        v128.const i32x4 0x7f7f7f7f 0x7f7f7f7f 0x7f7f7f7f 0x7f7f7f7f
        i8x16.eq
        v128.or
        local.get $bad
        v128.or
        local.set $bad
        local.get $breaks
        i8x16.bitmask
        local.tee $mask
        i32.eqz
        if
          local.get $from
          i32.const 16
          i32.add
          local.set $from
          local.get $to
          i32.const 16
          i32.add
          local.set $to
          br $next
        end
        ;; Up to the line break, and over it.
        local.get $mask
        i32.ctz
        local.tee $mask
        local.get $from
        i32.add
        local.set $from
        local.get $to
        local.get $mask
        i32.add
        local.set $to
        local.get $from
        i32.load8_u
        i32.const 0x0d
        i32.eq
        if
          local.get $from
          i32.load8_u 1
          i32.const 0x0a
          i32.ne
          if
            i32.const 1
            local.set $flaws
            local.get $from
            i32.const 1
            i32.add
            local.set $from
            local.get $to
            i32.const 1
            i32.add
            local.set $to
            br $next
          end
          local.get $from
          i32.const 1
          i32.add
          local.set $from
        end
        local.get $flaws
        local.get $line
        local.get $to
        call $bad_end
        i32.or
        local.set $flaws
        local.get $to
        i32.const 0x0a0d
        i32.store16
        local.get $to
        i32.const 2
        i32.add
        local.tee $to
        local.set $line
        local.get $from
        i32.const 1
        i32.add
        local.tee $from
        call $bad_start
        local.get $flaws
        i32.or
        local.set $flaws
        br $next
      end
    end
    ;; The last block may have gone past the end.
    local.get $to
    local.get $from
    local.get $end
    i32.sub
    i32.sub
    local.tee $to
    local.get $line
    i32.ne
    if
      local.get $flaws
      local.get $line
      local.get $to
      call $bad_end
      i32.or
      local.set $flaws
      local.get $to
      i32.const 0x0a0d
      i32.store16
      local.get $to
      i32.const 2
      i32.add
      local.set $to
    end
    local.get $flaws
    local.get $bad
    v128.any_true
    i32.or
    global.set $unsafe
    local.get $to)

  ;; How many octets quoted-printable writes as three characters, blanks at a line's end aside.
  (func (export "escapes") (param $from i32) (param $end i32) (result i32)
    (local $count i32) (local $octets v128)
    local.get $end
    v128.const i32x4 0x7e7e7e7e 0x7e7e7e7e 0x7e7e7e7e 0x7e7e7e7e
    v128.store
    block $done
      loop $next
        local.get $from
        local.get $end
        i32.ge_u
        br_if $done
        local.get $from
        v128.load
        local.tee $octets
        call $bad_lanes
        local.get $octets
        v128.const i32x4 0x3d3d3d3d 0x3d3d3d3d 0x3d3d3d3d 0x3d3d3d3d
        i8x16.eq
        v128.or
        i8x16.bitmask
        i32.popcnt
        local.get $count
        i32.add
        local.set $count
        local.get $from
        i32.const 16
        i32.add
        local.set $from
        br $next
      end
    end
    local.get $count)

  ;; Base64 in lines of 76 characters, each with its CRLF; returns the end of the output.
  (func (export "base64") (param $from i32) (param $end i32) (param $to i32) (result i32)
    (local $line i32) (local $length i32) (local $octets v128) (local $digits v128) (local $class v128)
    local.get $end
    v128.const i32x4 0 0 0 0
    v128.store
    block $done
      loop $next_line
        local.get $from
        local.get $end
        i32.ge_u
        br_if $done
        local.get $to
        local.set $line
        ;; What this line holds: 57 octets, or what is left.
        local.get $end
        local.get $from
        i32.sub
        local.tee $length
        i32.const 57
        local.get $length
        i32.const 57
        i32.lt_u
        select
        local.set $length
        loop $next_block
          ;; 12 octets as four lanes of 24 bits.
          local.get $from
          v128.load
          v128.const i32x4 0 0 0 0
          i8x16.shuffle 2 1 0 16 5 4 3 16 8 7 6 16 11 10 9 16
          local.tee $octets
          i32.const 18
          i32x4.shr_u
          local.get $octets
          i32.const 4
          i32x4.shr_u
          v128.const i32x4 0x3f00 0x3f00 0x3f00 0x3f00
          v128.and
          v128.or
          local.get $octets
          i32.const 10
          i32x4.shl
          v128.const i32x4 0x3f0000 0x3f0000 0x3f0000 0x3f0000
          v128.and
          v128.or
          local.get $octets
          i32.const 24
          i32x4.shl
          v128.const i32x4 0x3f000000 0x3f000000 0x3f000000 0x3f000000
          v128.and
          v128.or
          local.set $digits
          ;; 0 for a-z, 1 to 10 for 0-9, 11 for +, 12 for /, 13 for A-Z: the distance from a digit to its character.
          local.get $digits
          v128.const i32x4 0x33333333 0x33333333 0x33333333 0x33333333
          i8x16.sub_sat_u
          local.get $digits
          v128.const i32x4 0x1a1a1a1a 0x1a1a1a1a 0x1a1a1a1a 0x1a1a1a1a
          i8x16.lt_s
          v128.const i32x4 0x0d0d0d0d 0x0d0d0d0d 0x0d0d0d0d 0x0d0d0d0d
          v128.and
          v128.or
          local.set $class
          local.get $to
          v128.const i8x16 71 -4 -4 -4 -4 -4 -4 -4 -4 -4 -4 -19 -16 65 0 0
          local.get $class
          i8x16.swizzle
          local.get $digits
          i8x16.add
          v128.store
          local.get $from
          i32.const 12
          i32.add
          local.set $from
          local.get $to
          i32.const 16
          i32.add
          local.tee $to
          local.get $line
          i32.sub
          i32.const 80
          i32.lt_u
          br_if $next_block
        end
        ;; A whole line took 60 octets of which 57 count.
        local.get $from
        i32.const 3
        i32.sub
        local.set $from
        local.get $line
        i32.const 76
        i32.add
        local.set $to
        local.get $length
        i32.const 57
        i32.ne
        if
          local.get $line
          local.get $length
          call $pad
          local.set $to
        end
        local.get $to
        i32.const 0x0a0d
        i32.store16
        local.get $to
        i32.const 2
        i32.add
        local.set $to
        br $next_line
      end
    end
    local.get $to)

  ;; Ends a line of $length octets with the "=" it needs; returns its end.
  (func $pad (param $line i32) (param $length i32) (result i32)
    (local $end i32)
    local.get $line
    local.get $length
    i32.const 2
    i32.add
    i32.const 3
    i32.div_u
    i32.const 4
    i32.mul
    i32.add
    local.set $end
    local.get $length
    i32.const 3
    i32.rem_u
    if
      local.get $end
      i32.const 1
      i32.sub
      i32.const 0x3d
      i32.store8
      local.get $length
      i32.const 3
      i32.rem_u
      i32.const 1
      i32.eq
      if
        local.get $end
        i32.const 2
        i32.sub
        i32.const 0x3d
        i32.store8
      end
    end
    local.get $end)

  ;; Quoted-printable of text whose line ends are CRLF, as quoted-printable.ts writes it; returns the end of the output.
  (func (export "quoted_printable") (param $from i32) (param $end i32) (param $to i32) (result i32)
    (local $octet i32) (local $column i32) (local $count i32) (local $octets v128)
    local.get $end
    v128.const i32x4 0x7e7e7e7e 0x7e7e7e7e 0x7e7e7e7e 0x7e7e7e7e
    v128.store
    block $done
      loop $next
        local.get $from
        local.get $end
        i32.ge_u
        br_if $done
        ;; A line break, after the blank that may stand before it.
        local.get $from
        i32.load16_u
        i32.const 0x0a0d
        i32.eq
        if
          local.get $to
          local.get $column
          call $guard_blank
          local.tee $to
          i32.const 0x0a0d
          i32.store16
          local.get $to
          i32.const 2
          i32.add
          local.set $to
          local.get $from
          i32.const 2
          i32.add
          local.set $from
          i32.const 0
          local.set $column
          br $next
        end
        ;; What stands as it is, up to the end of the line that is written.
        i32.const 0
        local.set $count
        local.get $from
        i32.load8_u
        local.tee $octet
        i32.const 0x46
        i32.ne
        local.get $column
        i32.const 0
        i32.ne
        i32.or
        local.get $from
        i32.load8_u 4
        i32.const 0x20
        i32.ne
        i32.or
        if
          local.get $to
          local.get $from
          v128.load
          local.tee $octets
          v128.store
          local.get $octets
          call $bad_lanes
          local.get $octets
          v128.const i32x4 0x3d3d3d3d 0x3d3d3d3d 0x3d3d3d3d 0x3d3d3d3d
          i8x16.eq
          v128.or
          local.get $octets
          v128.const i32x4 0x0d0d0d0d 0x0d0d0d0d 0x0d0d0d0d 0x0d0d0d0d
          i8x16.eq
          v128.or
          local.get $octets
          v128.const i32x4 0x0a0a0a0a 0x0a0a0a0a 0x0a0a0a0a 0x0a0a0a0a
          i8x16.eq
          v128.or
          i8x16.bitmask
          i32.const 0x10000             ;; 16 where no lane is set
          i32.or
          i32.ctz
          i32.const 75
          local.get $column
          i32.sub
          call $least
          local.get $end
          local.get $from
          i32.sub
          call $least
          local.tee $count
          if
            local.get $from
            local.get $count
            i32.add
            local.set $from
            local.get $to
            local.get $count
            i32.add
            local.set $to
            local.get $column
            local.get $count
            i32.add
            local.set $column
            br $next
          end
        end
        ;; A soft line break where the character does not fit.
        local.get $column
        local.get $octet
        call $width
        i32.add
        i32.const 75
        i32.gt_u
        local.get $column
        i32.const 0
        i32.ne
        i32.and
        if
          local.get $to
          i32.const 0x0a0d3d            ;; "=" CR LF, and an octet that is written over
          i32.store
          local.get $to
          i32.const 3
          i32.add
          local.set $to
          i32.const 0
          local.set $column
          br $next
        end
        local.get $to
        local.get $octet
        call $escape
        local.set $to
        local.get $column
        i32.const 3
        i32.add
        local.set $column
        local.get $from
        i32.const 1
        i32.add
        local.set $from
        br $next
      end
    end
    local.get $to
    local.get $column
    call $guard_blank)

  (func $least (param $one i32) (param $other i32) (result i32)
    local.get $one
    local.get $other
    local.get $one
    local.get $other
    i32.lt_u
    select)

  ;; The most columns that the character of UTF-8 may take which begins with this octet, or what is left of one.
  (func $width (param $octet i32) (result i32)
    local.get $octet
    i32.const 0xf0
    i32.ge_u
    if
      i32.const 12
      return
    end
    local.get $octet
    i32.const 0xe0
    i32.ge_u
    if
      i32.const 9
      return
    end
    local.get $octet
    i32.const 0xc0
    i32.ge_u
    if
      i32.const 6
      return
    end
    ;; What is as it is comes here only where its line is full.
    i32.const 3)

  ;; Writes an octet as "=" and two hexadecimal digits; returns their end.
  (func $escape (param $to i32) (param $octet i32) (result i32)
    local.get $to
    i32.const 0x3d
    i32.store8
    local.get $to
    i32.const 1
    i32.add
    local.get $octet
    i32.const 4
    i32.shr_u
    call $digit
    i32.store8
    local.get $to
    i32.const 2
    i32.add
    local.get $octet
    i32.const 15
    i32.and
    call $digit
    i32.store8
    local.get $to
    i32.const 3
    i32.add)

  (func $digit (param $value i32) (result i32)
    local.get $value
    i32.const 0x30                      ;; "0"
    i32.const 0x37                      ;; "A" less ten
    local.get $value
    i32.const 10
    i32.lt_u
    select
    i32.add)

  ;; Escapes the blank at the end of a line of so many columns, on a line of its own where it does not fit.
  (func $guard_blank (param $to i32) (param $column i32) (result i32)
    (local $last i32)
    local.get $column
    i32.eqz
    if
      local.get $to
      return
    end
    local.get $to
    i32.const 1
    i32.sub
    i32.load8_u
    local.tee $last
    i32.const 0x20
    i32.ne
    local.get $last
    i32.const 0x09
    i32.ne
    i32.and
    if
      local.get $to
      return
    end
    local.get $to
    i32.const 1
    i32.sub
    local.set $to
    local.get $column
    i32.const 74
    i32.gt_u
    if
      local.get $to
      i32.const 0x0a0d3d
      i32.store
      local.get $to
      i32.const 3
      i32.add
      local.set $to
    end
    local.get $to
    local.get $last
    call $escape)
)
