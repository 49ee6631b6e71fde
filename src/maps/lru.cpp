// See lru.hpp.
#include "maps/lru.hpp"

#include <algorithm>
#include <new>

namespace skep::maps {
namespace {

constexpr std::uint32_t of_own_lists = 4;  // are taken, and looked at, at once

}  // namespace

Lru::Lru(const Options& options, Nodes& nodes)
    : options_(options),
      batch_(options.common ? std::clamp(options.nodes / options.cpus / 2, 1U, most_at_once) : of_own_lists),
      scans_(options.common ? most_at_once : of_own_lists),
      nodes_(nodes),
      lists_(options.common ? 1 : options.cpus),
      locals_(options.common ? options.cpus : 0) {}

std::unique_ptr<Lru> Lru::make(const Options& options, Nodes& nodes, const memory::AccountPtr& account) {
  std::unique_ptr<Lru> lru(new Lru(options, nodes));
  const std::size_t heads = 3 * lru->lists_.size() + 2 * lru->locals_.size();
  lru->link_pages_ = Pages::make((options.nodes + heads) * sizeof(Link), false, account, false);
  if (lru->link_pages_.data() == nullptr) return nullptr;
  lru->links_ = reinterpret_cast<Link*>(lru->link_pages_.data());
  std::uint32_t head = options.nodes, first = 0;
  const auto next_head = [&] {
    lru->make_head(head);
    return head++;
  };
  for (Lists& lists : lru->lists_) {
    lists.active = next_head(), lists.inactive = next_head(), lists.free = next_head();
    lists.hand = lists.inactive;
    const auto share = static_cast<std::uint32_t>(options.nodes / lru->lists_.size());
    lists.untouched = {first, first + share};
    first += share;
  }
  unsigned cpu = 0;
  for (Local& local : lru->locals_) local.free = next_head(), local.pending = next_head(), local.victim = cpu++;
  return lru;
}

// ---- lists

void Lru::make_head(std::uint32_t head) {
  links_[head].next = links_[head].prev = head;
}
void Lru::unlink(std::uint32_t node) {
  Link& link = links_[node];
  links_[link.prev].next = link.next;
  links_[link.next].prev = link.prev;
}
void Lru::push(std::uint32_t head, std::uint32_t node) {
  Link& link = links_[node];
  link.prev = head;
  link.next = links_[head].next;
  links_[link.next].prev = node;
  links_[head].next = node;
}
std::uint32_t Lru::pop(std::uint32_t head) {
  const std::uint32_t node = links_[head].next;
  if (node == head) return none;
  unlink(node);
  return node;
}

std::uint32_t Lru::head_of(const Lists& lists, In in) const {
  return in == In::active ? lists.active : in == In::inactive ? lists.inactive : lists.free;
}

// A node that is in none of these lists.
void Lru::enter(Lists& lists, std::uint32_t node, In to) {
  if (to == In::active) ++lists.actives;
  if (to == In::inactive) ++lists.inactives;
  links_[node].in.store(to, std::memory_order_relaxed);
  nodes_.forget_use(node);
  push(head_of(lists, to), node);
}
// Out of them.
void Lru::drop(Lists& lists, std::uint32_t node) {
  if (lists.hand == node) lists.hand = links_[node].prev;
  if (links_[node].in.load(std::memory_order_relaxed) == In::active) --lists.actives;
  if (links_[node].in.load(std::memory_order_relaxed) == In::inactive) --lists.inactives;
  unlink(node);
}
void Lru::move(Lists& lists, std::uint32_t node, In to) {
  drop(lists, node);
  enter(lists, node, to);
}

bool Lru::take_free(Lists& lists, std::uint32_t& node) {
  node = pop(lists.free);
  if (node == none && lists.untouched.next < lists.untouched.end) node = lists.untouched.next++;
  return node != none;
}

// ---- who goes

void Lru::look_at_actives(Lists& lists) {
  const std::uint32_t first = links_[lists.active].next;
  std::uint32_t node = links_[lists.active].prev;
  for (std::uint32_t seen = 1; node != lists.active; ++seen) {
    const std::uint32_t next = links_[node].prev;
    move(lists, node, nodes_.was_used(node) ? In::active : In::inactive);
    if (seen == scans_ || node == first) return;
    node = next;
  }
}

// Goes on where it stopped, round the list at most once.
void Lru::look_at_inactives(Lists& lists) {
  if (is_empty(lists.inactive)) return;
  std::uint32_t last = links_[lists.hand].next, node = lists.hand, next = node;
  if (last == lists.inactive) last = links_[last].next;
  for (std::uint32_t seen = 0; seen < scans_;) {
    if (node == lists.inactive) {
      node = links_[node].prev;
      continue;
    }
    next = links_[node].prev;
    if (nodes_.was_used(node)) move(lists, node, In::active);
    if (node == last) break;
    node = next;
    ++seen;
  }
  lists.hand = next;
}

void Lru::rotate(Lists& lists) {
  if (lists.inactives < lists.actives) look_at_actives(lists);
  look_at_inactives(lists);
}

// Takes `wanted` elements out, or as many as are found among those that are looked at; if none has not been used, one
// that has.
void Lru::evict(Lists& lists, std::uint32_t wanted, Gone& gone) {
  const std::uint32_t before = gone.count;
  std::uint32_t node = links_[lists.inactive].prev;
  for (std::uint32_t seen = 0; node != lists.inactive && seen < scans_; ++seen) {
    const std::uint32_t next = links_[node].prev;
    if (nodes_.was_used(node)) {
      move(lists, node, In::active);
    } else if (nodes_.remove(node)) {
      drop(lists, node);
      gone.add(node);
      if (gone.count - before == wanted) return;
    }
    node = next;
  }
  if (gone.count != before) return;
  const std::uint32_t head = is_empty(lists.inactive) ? lists.active : lists.inactive;
  for (node = links_[head].prev; node != head; node = links_[node].prev) {
    if (!nodes_.remove(node)) continue;
    drop(lists, node);
    gone.add(node);
    return;
  }
}

// ---- nodes for new elements

std::uint32_t Lru::take(unsigned cpu) {
  return options_.common ? take_of_common(cpu) : take_of_cpu(cpu);
}

void Lru::pend(Local& local, unsigned cpu, std::uint32_t node) {
  links_[node].in.store(In::pending, std::memory_order_relaxed);
  links_[node].cpu = static_cast<std::uint16_t>(cpu);
  nodes_.forget_use(node);
  push(local.pending, node);
}

// What the CPU has given out goes into the lists, and it gets its next batch. `gone`: for it, too, once they are let
// go.
void Lru::refill(Local& local, Gone& gone) {
  Lists& lists = lists_[0];
  const std::lock_guard guard(lists.lock);
  for (std::uint32_t node = links_[local.pending].prev; node != local.pending;) {
    const std::uint32_t next = links_[node].prev;
    const bool used = nodes_.was_used(node);
    unlink(node);
    enter(lists, node, used ? In::active : In::inactive);
    node = next;
  }
  rotate(lists);
  std::uint32_t got = 0, node = none;
  for (; got < batch_ && take_free(lists, node); ++got) {
    links_[node].in.store(In::local_free, std::memory_order_relaxed);
    push(local.free, node);
  }
  if (got < batch_) evict(lists, batch_ - got, gone);
}

// From another CPU: what is free there, else what it gave out last and nobody used, else anything.
std::uint32_t Lru::steal(Local& from, Gone& gone) {
  const std::lock_guard guard(from.lock);
  if (const std::uint32_t node = pop(from.free); node != none) return node;
  for (const bool used_too : {false, true})
    for (std::uint32_t node = links_[from.pending].prev; node != from.pending; node = links_[node].prev) {
      if ((!used_too && nodes_.was_used(node)) || !nodes_.remove(node)) continue;
      unlink(node);
      gone.add(node);
      return node;
    }
  return none;
}

std::uint32_t Lru::take_of_common(unsigned cpu) {
  Local& local = locals_[cpu];
  Gone gone;
  std::uint32_t node = none;
  {
    const std::lock_guard guard(local.lock);
    if (node = pop(local.free); node == none) {
      refill(local, gone);
      if (gone.count == 0) node = pop(local.free);
    }
    if (node != none) return pend(local, cpu, node), node;
  }
  if (gone.count != 0) {
    for (const std::uint32_t each : gone.all()) nodes_.let_go(each);
    const std::lock_guard guard(local.lock);
    for (const std::uint32_t each : gone.all()) {
      links_[each].in.store(In::local_free, std::memory_order_relaxed);
      links_[each].cpu = static_cast<std::uint16_t>(cpu);
      push(local.free, each);
    }
    node = pop(local.free);
    return pend(local, cpu, node), node;
  }
  const unsigned first = local.victim;
  unsigned victim = first;
  do {
    node = steal(locals_[victim], gone);
    victim = (victim + 1) % options_.cpus;
  } while (node == none && victim != first);
  for (const std::uint32_t each : gone.all()) nodes_.let_go(each);
  const std::lock_guard guard(local.lock);
  local.victim = victim;
  if (node != none) pend(local, cpu, node);
  return node;
}

std::uint32_t Lru::take_of_cpu(unsigned cpu) {
  Lists& lists = lists_[cpu];
  Gone gone;
  std::uint32_t node = none;
  {
    const std::lock_guard guard(lists.lock);
    rotate(lists);
    if (!take_free(lists, node)) evict(lists, batch_, gone);
  }
  for (const std::uint32_t each : gone.all()) nodes_.let_go(each);
  const std::lock_guard guard(lists.lock);
  for (const std::uint32_t each : gone.all()) enter(lists, each, In::free);
  if (node == none && !take_free(lists, node)) return none;
  links_[node].cpu = static_cast<std::uint16_t>(cpu);
  enter(lists, node, In::inactive);
  return node;
}

void Lru::give(std::uint32_t node) {
  const unsigned cpu = links_[node].cpu;
  if (options_.common) {
    Local& local = locals_[cpu];
    const std::lock_guard guard(local.lock);
    if (links_[node].in.load(std::memory_order_relaxed) == In::pending) {
      unlink(node);
      links_[node].in.store(In::local_free, std::memory_order_relaxed);
      return push(local.free, node);
    }
  }
  Lists& lists = lists_[options_.common ? 0 : cpu];
  const std::lock_guard guard(lists.lock);
  move(lists, node, In::free);
}

}  // namespace skep::maps
