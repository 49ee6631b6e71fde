// What a Kernel's programs and commands have taken of the process's memory, and how much they may.
//
// Counted is what the kernel would charge for: the storage of maps at its full size when they are made (arenas: page by
// page), elements that are allocated one by one, work items and timers, objects of programs, the instructions and types
// that are loaded. Something counts until its memory is really free, grace period included: who deletes and creates
// faster than that meets the limit instead of filling the machine. Any thread; never blocks. Tested by
// tests/memory/account_test.cpp and tests/bounds/memory_limit_test.cpp.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "memory/spares.hpp"
#include "memory/territory.hpp"

namespace skep::memory {

class Account {
 public:
  // `limit`: bytes; 0: none.
  explicit Account(std::uint64_t limit = 0) : limit_(limit) {}

  // False: that would be too much, and nothing is taken.
  bool take(std::uint64_t bytes) {
    const std::uint64_t now = used_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    if (limit_ != 0 && (now > limit_ || now < bytes)) {
      used_.fetch_sub(bytes, std::memory_order_relaxed);
      refused_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    std::uint64_t peak = peak_.load(std::memory_order_relaxed);
    while (now > peak && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
    }
    return true;
  }
  void give(std::uint64_t bytes) { territory_->left(used_.fetch_sub(bytes, std::memory_order_relaxed) - bytes); }

  std::uint64_t limit() const { return limit_; }
  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t peak() const { return peak_.load(std::memory_order_relaxed); }
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }  // how often

  // Where it is, of that what programs see.
  Territory& territory() const { return *territory_; }
  const TerritoryPtr& shared_territory() const { return territory_; }
  // Of objects that programs allocated.
  Spares& spares() { return spares_; }

 private:
  const std::uint64_t limit_;
  std::atomic<std::uint64_t> used_{0}, peak_{0}, refused_{0};
  const TerritoryPtr territory_ = std::make_shared<Territory>();
  Spares spares_;
};

// Who has none counts nothing and has no limit.
using AccountPtr = std::shared_ptr<Account>;

// Bytes that are taken while this lives. The account outlives it, whoever made the account.
class Charge {
 public:
  Charge() = default;
  Charge(Charge&& other) noexcept : account_(std::move(other.account_)), bytes_(std::exchange(other.bytes_, 0)) {}
  Charge& operator=(Charge&& other) noexcept {
    std::swap(account_, other.account_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Charge() {
    if (account_) account_->give(bytes_);
  }
  // Takes so many more; false: there are none left.
  bool take(const AccountPtr& account, std::uint64_t bytes) {
    if (!account) return true;
    if (!account->take(bytes)) return false;
    account_ = account;
    bytes_ += bytes;
    return true;
  }
  const AccountPtr& account() const { return account_; }  // null: nothing is charged
  // Gives so many back.
  void give(std::uint64_t bytes) {
    if (!account_) return;
    bytes = std::min(bytes, bytes_);
    bytes_ -= bytes;
    account_->give(bytes);
  }

 private:
  AccountPtr account_;
  std::uint64_t bytes_ = 0;
};

}  // namespace skep::memory
