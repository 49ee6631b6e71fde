// How the API answers: a Status, or a Result that holds a value or a Status. Nothing in the API throws.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

namespace skep {

// Success, or an errno value with a message that says what to do. A value: copy it, keep it, return it. Thread-safety
// is that of std::string.
class [[nodiscard]] Status {
 public:
  Status() = default;  // success
  // `error`: a positive errno value.
  Status(int error, std::string message) : error_(error), message_(std::move(message)) {}

  bool ok() const { return error_ == 0; }
  explicit operator bool() const { return ok(); }
  int error() const { return error_; }  // ENOENT, EINVAL, …; 0 for success
  const std::string& message() const {
    return message_;
  }  // one line, or more for a refused program; no newline at the end

 private:
  int error_ = 0;
  std::string message_;
};

// A T, or why there is none. To take the value of one that holds none is a programming error and ends the process.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}          // NOLINT(google-explicit-constructor): return value;
  Result(Status status) : status_(std::move(status)) {}  // NOLINT(google-explicit-constructor): return status;

  bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }
  int error() const { return status_.error(); }
  const std::string& message() const { return status_.message(); }
  const Status& status() const { return status_; }

  T& value() & { return held(); }
  const T& value() const& { return const_cast<Result*>(this)->held(); }
  T&& value() && { return std::move(held()); }
  T& operator*() & { return held(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(held()); }
  T* operator->() { return &held(); }
  const T* operator->() const { return &value(); }

 private:
  T& held() {
    if (!value_) std::abort();
    return *value_;
  }
  std::optional<T> value_;
  Status status_;
};

}  // namespace skep
