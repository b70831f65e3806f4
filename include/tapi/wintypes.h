// SPDX-License-Identifier: Apache-2.0
#ifndef SWITCHHOOK_TAPI_WINTYPES_H
#define SWITCHHOOK_TAPI_WINTYPES_H

// The Windows base types that tapi.h and tapi3.h are written in, for builds outside Windows: exact
// widths (a DWORD has 32 bits, a WCHAR 16) and the calling-convention words as nothing. On Windows
// it is <windows.h>. C and C++. Threads, ownership: types only.
//
// WCHAR is wchar_t where that has 16 bits (g++ -fshort-wchar), so that L"…" can be used, and
// char16_t elsewhere, so that u"…" can.

#if defined(_WIN32)

#include <windows.h>
#include <wtypes.h>

typedef HICON* LPHICON;

#else

#include <stddef.h>
#include <stdint.h>
#if !defined(__cplusplus)
#include <uchar.h>
#include <wchar.h>
#endif

typedef int32_t BOOL;
typedef uint8_t BYTE, UCHAR;
typedef char CHAR;
typedef int16_t SHORT;
typedef uint16_t WORD, USHORT;
typedef int32_t INT, LONG;
typedef uint32_t UINT, DWORD, ULONG, COLORREF;
typedef int64_t LONGLONG, LONG64, INT64;
typedef uint64_t ULONGLONG, DWORDLONG, ULONG64, UINT64, DWORD64;
typedef float FLOAT;
typedef double DOUBLE;

typedef intptr_t INT_PTR, LONG_PTR, LPARAM, LRESULT;
typedef uintptr_t UINT_PTR, ULONG_PTR, DWORD_PTR, SIZE_T, WPARAM;

#if defined(__SIZEOF_WCHAR_T__) && __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#else
typedef char16_t WCHAR;
#endif

#if !defined(VOID)
#define VOID void
#endif
typedef void *PVOID, *LPVOID, *HANDLE;
typedef const void* LPCVOID;
typedef BOOL *PBOOL, *LPBOOL;
typedef BYTE *PBYTE, *LPBYTE;
typedef WORD *PWORD, *LPWORD;
typedef DWORD *PDWORD, *LPDWORD;
typedef LONG *PLONG, *LPLONG;
typedef ULONG* PULONG;
typedef UINT* PUINT;
typedef INT* LPINT;
typedef ULONG_PTR* PULONG_PTR;
typedef DWORD_PTR* PDWORD_PTR;
typedef HANDLE *PHANDLE, *LPHANDLE;
typedef CHAR *PSTR, *LPSTR;
typedef const CHAR *PCSTR, *LPCSTR;
typedef WCHAR *PWSTR, *LPWSTR;
typedef const WCHAR *PCWSTR, *LPCWSTR;

// Opaque handles, each of its own type.
#define SWITCHHOOK_DECLARE_HANDLE(name) \
  struct name##__;                      \
  typedef struct name##__* name
SWITCHHOOK_DECLARE_HANDLE(HWND);
SWITCHHOOK_DECLARE_HANDLE(HINSTANCE);
SWITCHHOOK_DECLARE_HANDLE(HICON);
SWITCHHOOK_DECLARE_HANDLE(HBITMAP);
SWITCHHOOK_DECLARE_HANDLE(HMENU);
typedef HINSTANCE HMODULE;
typedef HICON* LPHICON;

typedef struct _FILETIME {
  DWORD dwLowDateTime;
  DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

typedef struct _SYSTEMTIME {
  WORD wYear;
  WORD wMonth;
  WORD wDayOfWeek;
  WORD wDay;
  WORD wHour;
  WORD wMinute;
  WORD wSecond;
  WORD wMilliseconds;
} SYSTEMTIME, *PSYSTEMTIME, *LPSYSTEMTIME;

#ifndef GUID_DEFINED
#define GUID_DEFINED
typedef struct _GUID {
  uint32_t Data1;
  uint16_t Data2;
  uint16_t Data3;
  uint8_t Data4[8];
} GUID;
#endif
typedef GUID* LPGUID;

typedef double DATE;  // days since 1899-12-30
typedef union tagCY {
  int64_t int64;  // in ten-thousandths
} CY;
typedef CY CURRENCY;

#if !defined(FALSE)
#define FALSE 0
#endif
#if !defined(TRUE)
#define TRUE 1
#endif
#if !defined(INFINITE)
#define INFINITE 0xFFFFFFFFu
#endif

#define FAR
#define NEAR
#define PASCAL
#define CALLBACK
#define WINAPI
#define APIENTRY
#define WINAPIV

#if defined(UNICODE)
typedef WCHAR TCHAR;
typedef LPWSTR LPTSTR;
typedef LPCWSTR LPCTSTR;
#else
typedef CHAR TCHAR;
typedef LPSTR LPTSTR;
typedef LPCSTR LPCTSTR;
#endif

#endif  // _WIN32
#endif  // SWITCHHOOK_TAPI_WINTYPES_H
