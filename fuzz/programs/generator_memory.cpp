// What generated programs do with memory: values, packets, the context, the stack, rings and dynptrs. See
// generator_parts.hpp.
#include "programs/generator_parts.hpp"

namespace skep::fuzz {

void Generator::access(unsigned pointer, int off, unsigned size, bool may_write) {
  switch (below(may_write ? 5 : 2)) {
    case 0: {
      const unsigned dst = target();
      load(size, dst, pointer, off);
      return holds(dst, Kind::number);
    }
    case 1: {
      const unsigned dst = target();
      if (size == mem_size::dw)
        load(size, dst, pointer, off);
      else
        emit(0x81 | size, dst, pointer, off, 0);  // with its sign
      return holds(dst, Kind::number);
    }
    case 2:
      return storei(size, pointer, off, constant());
    default:
      return store(size, pointer, off, number());
  }
}

// r9 + a number that was bounded + a constant.
void Generator::value_access() {
  if (held_.regs[9] != Kind::value) return;
  const unsigned size = size_code();
  const int bytes = static_cast<int>(access_bytes(static_cast<std::uint8_t>(size)));
  const int room = held_.value_size - bytes;
  const int first = held_.value_offset + static_cast<int>(below(static_cast<unsigned>(room - held_.value_offset + 1)));
  if (percent(30)) return access(9, first, size, true);
  const Held before = held_;
  Label otherwise;
  const unsigned index = scratch();
  mov(index, number());
  holds(index, Kind::number);
  bound(index, otherwise);
  if (percent(15)) bound(index, otherwise);
  const unsigned pointer = scratch(1U << index);
  mov(pointer, 9);
  holds(pointer, Kind::none);
  if (percent(20)) {
    addi(pointer, first);
    emit(0x1f, pointer, index, 0, 0);  // backwards
    access(pointer, percent(90) ? 0 : static_cast<int>(below(8)), size, true);
  } else {
    add(pointer, index);
    if (percent(20)) addi(pointer, static_cast<std::int32_t>(below(16)));
    access(pointer, percent(80) ? held_.value_offset : static_cast<int>(below(24)), size, true);
  }
  if (percent(50)) holds(index, Kind::number);
  here(otherwise);
  held_.join(before);
}

void Generator::packet_access() {
  if (!main_ || held_.regs[6] != Kind::none || made_.type == ProgType::socket_filter) return;
  const Held before = held_;
  const bool xdp = made_.type == ProgType::xdp;
  const unsigned data = 2, end = 3, index = 4, limit = 5;
  if ((held_.locked & 0x3c) != 0) return;
  Label past;
  load(mem_size::w, data, 6, xdp ? 0 : 76);
  load(mem_size::w, end, 6, xdp ? 4 : 80);
  holds(data, Kind::none), holds(end, Kind::none), holds(limit, Kind::none), holds(index, Kind::none);
  if (percent(50)) {
    const unsigned from = number();
    mov(index, from);
    holds(index, Kind::number);
    bound(index, past);
    add(data, index);
    holds(index, percent(50) ? Kind::number : Kind::none);
  }
  const auto span = static_cast<std::int32_t>(1 + below(40));
  mov(limit, data);
  addi(limit, span);
  switch (below(4)) {
    case 0:
      jump(past, 0x2d, limit, end, 0);  // if limit > end
      break;
    case 1:
      jump(past, 0xad, end, limit, 0);  // if end < limit
      break;
    case 2:
      jump(past, 0x3d, limit, end, 0);  // if limit >= end
      break;
    default:
      jump(past, 0xbd, end, limit, 0);  // if end <= limit
      break;
  }
  const unsigned size = size_code();
  const int bytes = static_cast<int>(access_bytes(static_cast<std::uint8_t>(size)));
  const bool writable = made_.type != ProgType::cgroup_skb;
  for (unsigned n = 1 + below(2); n != 0; --n) {
    const int off = percent(90) ? std::max(0, static_cast<int>(below(static_cast<unsigned>(span))) - bytes + 1)
                                : static_cast<int>(below(44));
    const unsigned old_lock = held_.locked;
    held_.locked |= 1U << data;
    access(data, off, size, writable);
    held_.locked = old_lock;
  }
  here(past);
  holds(data, Kind::none);
  held_.join(before);
  for (unsigned i = 2; i <= 5; ++i) held_.regs[i] = Kind::none;
}

void Generator::context_access() {
  if (!main_) return;
  if (made_.type == ProgType::xdp) {
    const unsigned dst = target();
    load(mem_size::w, dst, 6, choices_.one_of<int>({12, 16}));
    return holds(dst, Kind::number);
  }
  if (percent(70)) {
    const unsigned dst = target();
    load(mem_size::w, dst, 6, choices_.one_of<int>({0, 8, 16, 48, 52}));
    return holds(dst, Kind::number);
  }
  store(mem_size::w, 6, choices_.one_of<int>({48, 52, 56, 64}), number());
}

void Generator::packet_load() {  // the old way
  if (!main_ || made_.type == ProgType::xdp || returns_flag_) return;
  const unsigned size = choices_.one_of<unsigned>({mem_size::b, mem_size::h, mem_size::w});
  if (percent(50))
    emit(0x20 | size, 0, 0, 0, static_cast<std::int32_t>(below(60)));
  else
    emit(0x40 | size, 0, number(), 0, static_cast<std::int32_t>(below(20)));
  called();
  holds(0, Kind::number);
}

void Generator::spill() {
  const unsigned slot = below(slot_count);
  const int at = -8 * static_cast<int>(slot + 1);
  Kind& kind = held_.slots[slot];
  if (percent(15) && held_.regs[9] == Kind::value && !wq_value_) {
    store(mem_size::dw, 10, at, 9);
    kind = Kind::value;
    return;
  }
  if (kind == Kind::number && percent(40)) {  // a part of it
    const unsigned size = choices_.one_of<unsigned>({mem_size::b, mem_size::h, mem_size::w});
    const auto bytes = access_bytes(static_cast<std::uint8_t>(size));
    const int off = at + static_cast<int>(bytes * below(8 / bytes));
    if (percent(30)) return storei(size, 10, off, percent(50) ? 0 : constant());
    return store(size, 10, off, number());
  }
  if (percent(20))
    storei(mem_size::dw, 10, at, constant());
  else
    store(mem_size::dw, 10, at, number());
  kind = Kind::number;
}

void Generator::fill() {
  for (unsigned tries = 0; tries < 4; ++tries) {
    const unsigned slot = below(slot_count);
    const int at = -8 * static_cast<int>(slot + 1);
    if (held_.slots[slot] == Kind::value && (held_.locked >> 9 & 1) == 0) {
      load(mem_size::dw, 9, 10, at);
      held_.regs[9] = Kind::value;
      held_.value_size = std::min(static_cast<std::int32_t>(one_size), held_.value_size);
      return;
    }
    if (held_.slots[slot] != Kind::number) continue;
    const unsigned size = percent(60) ? unsigned{mem_size::dw} : size_code();
    const auto bytes = access_bytes(static_cast<std::uint8_t>(size));
    const int off = at + static_cast<int>(percent(60) ? 0 : bytes * below(8 / bytes));
    const unsigned dst = target();
    if (size != mem_size::dw && percent(40))
      emit(0x81 | size, dst, 10, off, 0);
    else
      load(size, dst, 10, off);
    return holds(dst, Kind::number);
  }
}

void Generator::variable_stack() {
  for (const Kind kind : held_.slots)
    if (kind != Kind::number) return;
  const Held before = held_;
  Label otherwise;
  const unsigned index = scratch(), pointer = scratch(1U << index);
  mov(index, number());
  holds(index, Kind::number);
  if (percent(70))
    emit(0x57, index, 0, 0, choices_.one_of<std::int32_t>({0x38, 0x18, 0x3f, 7, 8}));
  else
    bound(index, otherwise);
  stack_address(pointer, -64);
  holds(pointer, Kind::none);
  add(pointer, index);
  access(pointer, percent(80) ? 0 : static_cast<int>(below(8)), size_code(), true);
  here(otherwise);
  held_.join(before);
}

void Generator::atomic() {
  const unsigned size = percent(60) ? mem_size::dw : mem_size::w;
  const auto op = choices_.one_of<std::int32_t>({0, 0x40, 0x50, 0xa0, 1, 0x41, 0x51, 0xa1, atomic_op::xchg,
                                                 atomic_op::cmpxchg, atomic_op::load_acq, atomic_op::store_rel});
  unsigned pointer = 10;
  int off = 0;
  if (percent(50) && held_.regs[9] == Kind::value) {
    pointer = 9;
    off = held_.value_offset +
          8 * static_cast<int>(below(static_cast<unsigned>(held_.value_size - held_.value_offset) / 8));
  } else {
    const unsigned slot = below(slot_count);
    if (held_.slots[slot] != Kind::number) return;
    off = -8 * static_cast<int>(slot + 1);
  }
  if (op == atomic_op::load_acq) {
    const unsigned dst = target();
    emit(0xc3 | size, dst, pointer, off, op);
    return holds(dst, Kind::number);
  }
  const unsigned src = number();
  const bool answers = (op & 1) != 0 && op != atomic_op::store_rel;
  if (answers && (held_.locked >> src & 1) != 0) return;
  if (op == atomic_op::cmpxchg) {
    if (held_.regs[0] != Kind::number) movi(0, constant());
    holds(0, Kind::number);
  }
  emit(0xc3 | size, pointer, src, off, op);
}

void Generator::helper_number() {
  call(percent(70) ? helper::prandom : helper::ktime);
  holds(0, Kind::number);
}

// r9 becomes a row of the second map, on the path where there is one.
void Generator::lookup() {
  const bool hash = percent(40);
  Label past;
  const unsigned index = scratch();
  mov(index, number());
  Label none;
  if (percent(80)) emit(0x57, index, 0, 0, hash ? 7 : 3);
  if (hash)
    store(mem_size::dw, 10, key_at, index);
  else
    store(mem_size::w, 10, key_at, index);
  stack_address(2, key_at);
  wide(1, pseudo::map_fd, hash ? hash_map : rows_map);
  call(helper::map_lookup);
  jump(past, 0x15, 0, 0, 0);
  if (percent(50) && !wq_value_ && (held_.locked >> 9 & 1) == 0) {
    mov(9, 0);
    holds(9, Kind::value);
    held_.value_size = std::min(held_.value_size, static_cast<std::int32_t>(hash ? hash_size : one_size));
  } else {
    const Held before = held_;
    held_.locked |= 1;
    const int room = static_cast<int>(hash ? hash_size : rows_size);
    access(0, static_cast<int>(below(static_cast<unsigned>(room))) & ~7, size_code(), true);
    held_.locked = before.locked;
    held_.join(before);
  }
  here(past);
  holds(0, Kind::none);
}

void Generator::hash_update() {
  mov(1, number());
  emit(0x57, 1, 0, 0, 7);
  store(mem_size::dw, 10, key_at, 1);
  for (int at = 0; at < static_cast<int>(hash_size); at += 8) store(mem_size::dw, 10, buffer_at + at, number());
  wide(1, pseudo::map_fd, hash_map);
  stack_address(2, key_at);
  if (percent(30)) {
    call(helper::map_delete);
  } else {
    stack_address(3, buffer_at);
    movi(4, percent(70) ? 0 : static_cast<std::int32_t>(below(3)));
    call(helper::map_update);
  }
  holds(0, Kind::number);
}

void Generator::ring_buffer() {
  const auto size = static_cast<std::int32_t>(8 + 8 * below(4));
  wide(1, pseudo::map_fd, ring_map);
  movi(2, size);
  movi(3, 0);
  call(helper::ringbuf_reserve);
  Label past;
  jump(past, 0x15, 0, 0, 0);
  store(mem_size::dw, 0, 0, number());
  if (percent(60)) {
    const unsigned index = scratch(), pointer = scratch(1U << index);
    mov(index, number());
    emit(0x57, index, 0, 0, choices_.one_of<std::int32_t>({7, 8, 15, 24}));
    mov(pointer, 0);
    add(pointer, index);
    storei(mem_size::b, pointer, static_cast<int>(below(12)), constant());
  }
  mov(1, 0);
  movi(2, 0);
  call(percent(70) ? helper::ringbuf_submit : helper::ringbuf_discard);
  here(past);
  called();
}

void Generator::dynptr() {
  if (held_.regs[9] != Kind::value || wq_value_) return;
  Label past, otherwise;
  const auto size =
      static_cast<std::int32_t>(percent(90) ? 1 + below(static_cast<unsigned>(held_.value_size)) : below(80));
  mov(1, 9);
  movi(2, size);
  movi(3, 0);
  stack_address(4, dynptr_at);
  call(helper::dynptr_from_mem);
  holds(0, Kind::number);
  for (unsigned n = 1 + below(3); n != 0; --n) {
    const auto length = static_cast<std::int32_t>(1 + below(buffer_size));
    switch (below(4)) {
      case 0:  // read
        mov(4, number());
        mov(3, 4);
        stack_address(1, buffer_at);
        movi(2, length);
        emit(0xbf, 4, 3, 0, 0);
        stack_address(3, dynptr_at);
        movi(5, 0);
        call(helper::dynptr_read);
        holds(0, Kind::number);
        break;
      case 1:  // write
        mov(2, number());
        for (int at = 0; at < buffer_size; at += 8) storei(mem_size::dw, 10, buffer_at + at, constant());
        stack_address(1, dynptr_at);
        stack_address(3, buffer_at);
        movi(4, length);
        movi(5, 0);
        call(helper::dynptr_write);
        holds(0, Kind::number);
        break;
      case 2: {  // data
        stack_address(1, dynptr_at);
        movi(2, static_cast<std::int32_t>(below(16)));
        movi(3, length);
        call(helper::dynptr_data);
        jump(past, 0x15, 0, 0, 0);
        const Held before = held_;
        held_.locked |= 1;
        access(0, static_cast<int>(below(static_cast<unsigned>(length))), mem_size::b, true);
        held_.locked = before.locked;
        held_.join(before);
        here(past);
        holds(0, Kind::none);
        break;
      }
      default: {  // slice
        const unsigned from = number();
        stack_address(1, dynptr_at);
        if (percent(50) && from >= 6)
          mov(2, from);
        else
          movi(2, static_cast<std::int32_t>(below(16)));
        stack_address(3, buffer_at);
        movi(4, length);
        const bool write = percent(50);
        kfunc(write ? "bpf_dynptr_slice_rdwr" : "bpf_dynptr_slice");
        jump(past, 0x15, 0, 0, 0);
        const Held before = held_;
        held_.locked |= 1;
        access(0, static_cast<int>(below(static_cast<unsigned>(length))), mem_size::b, write);
        held_.locked = before.locked;
        held_.join(before);
        here(past);
        holds(0, Kind::none);
        break;
      }
    }
  }
}

}  // namespace skep::fuzz
