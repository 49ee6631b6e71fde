// Memory of maps: zeroed pages that come when they are touched, shared with mmap of the map's descriptor if asked for.
#pragma once

#include <cstddef>
#include <utility>

#include "memory/account.hpp"

namespace skep::maps {

class Pages {
 public:
  Pages() = default;
  Pages(Pages&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(other.size_),
        fd_(std::exchange(other.fd_, -1)),
        charge_(std::move(other.charge_)),
        claim_(std::move(other.claim_)) {}
  Pages& operator=(Pages&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(fd_, other.fd_);
    std::swap(charge_, other.charge_);
    std::swap(claim_, other.claim_);
    return *this;
  }
  ~Pages();
  // At least `size` bytes; `shared`: in a memfd. No data(): no memory, or the account (may be null) has not so much.
  // `for_programs`: elements, records, and what else programs may look at, or these parts of it.
  static Pages make(std::size_t size, bool shared, const memory::AccountPtr& account, bool for_programs = true,
                    const memory::Cells& cells = {});
  static std::size_t page_size();

  char* data() const { return data_; }
  std::size_t size() const { return size_; }  // whole pages
  int fd() const { return fd_; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  int fd_ = -1;
  memory::Charge charge_;
  memory::Claim claim_;
};

}  // namespace skep::maps
