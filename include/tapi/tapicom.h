// SPDX-License-Identifier: Apache-2.0
#ifndef SWITCHHOOK_TAPI_TAPICOM_H
#define SWITCHHOOK_TAPI_TAPICOM_H

// As much of COM and Automation as TAPI 3 is made of, for builds outside Windows: IUnknown, GUID,
// HRESULT, BSTR, VARIANT, SAFEARRAY, IDispatch, connection points, enumerators, and the functions
// that belong to them, exported by libtapi3. On Windows it is <ole2.h>. C and C++.
// Threads: every function from any thread. There is one apartment, and every object is free
// threaded: CoInitializeEx counts, checks its flags, and nothing is ever marshalled
// (docs/tapi3.md). Ownership: the rules of COM. A method's [out] strings are freed with
// SysFreeString, its buffers with CoTaskMemFree, its interfaces with Release; an [in] value stays
// the caller's.

#include "wintypes.h"

#if defined(_WIN32)

#include <ocidl.h>
#include <ole2.h>
#include <oleauto.h>

#else

#if defined(__cplusplus)
#define EXTERN_C extern "C"
#else
#define EXTERN_C extern
#endif
#if defined(__GNUC__)
#define SWITCHHOOK_COM_EXPORT __attribute__((visibility("default")))
#else
#define SWITCHHOOK_COM_EXPORT
#endif
/// A function of the library. No exception leaves one.
#define STDAPICALLTYPE
#define STDMETHODCALLTYPE
#define STDAPI EXTERN_C SWITCHHOOK_COM_EXPORT HRESULT STDAPICALLTYPE
#define STDAPI_(type) EXTERN_C SWITCHHOOK_COM_EXPORT type STDAPICALLTYPE
#define STDMETHODIMP HRESULT STDMETHODCALLTYPE
#define STDMETHODIMP_(type) type STDMETHODCALLTYPE
#if defined(__cplusplus) && !defined(CINTERFACE)
#define STDMETHOD(method) virtual HRESULT STDMETHODCALLTYPE method
#define STDMETHOD_(type, method) virtual type STDMETHODCALLTYPE method
#define PURE = 0
#define THIS_
#define THIS void
#endif

// ---- HRESULT

typedef int32_t HRESULT;
#define SWITCHHOOK_HRESULT(value) ((HRESULT)value##u)
#define SUCCEEDED(hr) ((HRESULT)(hr) >= 0)
#define FAILED(hr) ((HRESULT)(hr) < 0)
#define HRESULT_CODE(hr) ((hr)&0xFFFF)
#define HRESULT_FACILITY(hr) (((hr) >> 16) & 0x1FFF)
#define HRESULT_SEVERITY(hr) (((hr) >> 31) & 0x1)
#define MAKE_HRESULT(sev, fac, code) \
  ((HRESULT)(((uint32_t)(sev) << 31) | ((uint32_t)(fac) << 16) | ((uint32_t)(code))))

#define NOERROR 0
#define S_OK SWITCHHOOK_HRESULT(0x00000000)
#define S_FALSE SWITCHHOOK_HRESULT(0x00000001)
#define E_NOTIMPL SWITCHHOOK_HRESULT(0x80004001)
#define E_NOINTERFACE SWITCHHOOK_HRESULT(0x80004002)
#define E_POINTER SWITCHHOOK_HRESULT(0x80004003)
#define E_ABORT SWITCHHOOK_HRESULT(0x80004004)
#define E_FAIL SWITCHHOOK_HRESULT(0x80004005)
#define E_UNEXPECTED SWITCHHOOK_HRESULT(0x8000FFFF)
#define E_ACCESSDENIED SWITCHHOOK_HRESULT(0x80070005)
#define E_HANDLE SWITCHHOOK_HRESULT(0x80070006)
#define E_OUTOFMEMORY SWITCHHOOK_HRESULT(0x8007000E)
#define E_INVALIDARG SWITCHHOOK_HRESULT(0x80070057)
#define CLASS_E_NOAGGREGATION SWITCHHOOK_HRESULT(0x80040110)
#define CLASS_E_CLASSNOTAVAILABLE SWITCHHOOK_HRESULT(0x80040111)
#define REGDB_E_CLASSNOTREG SWITCHHOOK_HRESULT(0x80040154)
#define CO_E_NOTINITIALIZED SWITCHHOOK_HRESULT(0x800401F0)
#define CO_E_CLASSSTRING SWITCHHOOK_HRESULT(0x800401F3)
#define RPC_E_CHANGED_MODE SWITCHHOOK_HRESULT(0x80010106)
#define CONNECT_E_NOCONNECTION SWITCHHOOK_HRESULT(0x80040200)
#define CONNECT_E_ADVISELIMIT SWITCHHOOK_HRESULT(0x80040201)
#define CONNECT_E_CANNOTCONNECT SWITCHHOOK_HRESULT(0x80040202)
#define DISP_E_UNKNOWNINTERFACE SWITCHHOOK_HRESULT(0x80020001)
#define DISP_E_MEMBERNOTFOUND SWITCHHOOK_HRESULT(0x80020003)
#define DISP_E_PARAMNOTFOUND SWITCHHOOK_HRESULT(0x80020004)
#define DISP_E_TYPEMISMATCH SWITCHHOOK_HRESULT(0x80020005)
#define DISP_E_UNKNOWNNAME SWITCHHOOK_HRESULT(0x80020006)
#define DISP_E_NONAMEDARGS SWITCHHOOK_HRESULT(0x80020007)
#define DISP_E_BADVARTYPE SWITCHHOOK_HRESULT(0x80020008)
#define DISP_E_EXCEPTION SWITCHHOOK_HRESULT(0x80020009)
#define DISP_E_OVERFLOW SWITCHHOOK_HRESULT(0x8002000A)
#define DISP_E_BADINDEX SWITCHHOOK_HRESULT(0x8002000B)
#define DISP_E_ARRAYISLOCKED SWITCHHOOK_HRESULT(0x8002000D)
#define DISP_E_BADPARAMCOUNT SWITCHHOOK_HRESULT(0x8002000E)

// ---- GUID

#if !defined(GUID_DEFINED)
#define GUID_DEFINED
typedef struct _GUID {
  uint32_t Data1;
  uint16_t Data2;
  uint16_t Data3;
  uint8_t Data4[8];
} GUID;
#endif
typedef GUID *LPGUID, IID, *LPIID, CLSID, *LPCLSID;

#if defined(__cplusplus)
#define REFGUID const GUID&
#define REFIID const IID&
#define REFCLSID const CLSID&
inline bool IsEqualGUID(REFGUID a, REFGUID b) {
  return __builtin_memcmp(&a, &b, sizeof(GUID)) == 0;
}
inline bool operator==(const GUID& a, const GUID& b) {
  return IsEqualGUID(a, b);
}
#if __cplusplus < 202002L
inline bool operator!=(const GUID& a, const GUID& b) {
  return !IsEqualGUID(a, b);
}
#endif
#else
#define REFGUID const GUID*
#define REFIID const IID*
#define REFCLSID const CLSID*
#define IsEqualGUID(a, b) (__builtin_memcmp((a), (b), sizeof(GUID)) == 0)
#endif
#define IsEqualIID(a, b) IsEqualGUID(a, b)
#define IsEqualCLSID(a, b) IsEqualGUID(a, b)

#if defined(__cplusplus)
/// What __uuidof(Interface) answers: the interface's IID. Types only, no expressions.
template <typename Interface>
struct switchhook_uuid;
#define __uuidof(Interface) (switchhook_uuid<Interface>::value())
template <typename Interface>
void** switchhook_iid_ppv(Interface** pointer) {
  return reinterpret_cast<void**>(pointer);
}
template <typename Interface>
const IID& switchhook_iid_of(Interface**) {
  return switchhook_uuid<Interface>::value();
}
#define IID_PPV_ARGS(pointer) switchhook_iid_of(pointer), switchhook_iid_ppv(pointer)
#define SWITCHHOOK_COM_IID(name, iid)           \
  EXTERN_C SWITCHHOOK_COM_EXPORT const IID iid; \
  template <>                                   \
  struct switchhook_uuid<name> {                \
    static const IID& value() { return iid; }   \
  }
#else
#define SWITCHHOOK_COM_IID(name, iid) extern SWITCHHOOK_COM_EXPORT const IID iid
#endif

// ---- strings, variants, arrays

typedef WCHAR OLECHAR;
typedef OLECHAR *LPOLESTR, *BSTR;
typedef const OLECHAR* LPCOLESTR;
#if defined(__SIZEOF_WCHAR_T__) && __SIZEOF_WCHAR_T__ == 2
#define OLESTR(text) L##text
#else
#define OLESTR(text) u##text
#endif

typedef int16_t VARIANT_BOOL;
#define VARIANT_TRUE ((VARIANT_BOOL)-1)
#define VARIANT_FALSE ((VARIANT_BOOL)0)

typedef int32_t SCODE;
typedef int32_t DISPID;
typedef uint32_t LCID;
typedef uint16_t VARTYPE;
#define LOCALE_USER_DEFAULT 0x0400
#define LOCALE_SYSTEM_DEFAULT 0x0800

enum VARENUM {
  VT_EMPTY = 0,
  VT_NULL = 1,
  VT_I2 = 2,
  VT_I4 = 3,
  VT_R4 = 4,
  VT_R8 = 5,
  VT_CY = 6,
  VT_DATE = 7,
  VT_BSTR = 8,
  VT_DISPATCH = 9,
  VT_ERROR = 10,
  VT_BOOL = 11,
  VT_VARIANT = 12,
  VT_UNKNOWN = 13,
  VT_I1 = 16,
  VT_UI1 = 17,
  VT_UI2 = 18,
  VT_UI4 = 19,
  VT_I8 = 20,
  VT_UI8 = 21,
  VT_INT = 22,
  VT_UINT = 23,
  VT_ARRAY = 0x2000,
  VT_BYREF = 0x4000,
  VT_TYPEMASK = 0xfff
};

typedef struct tagSAFEARRAYBOUND {
  ULONG cElements;
  LONG lLbound;
} SAFEARRAYBOUND, *LPSAFEARRAYBOUND;

#define FADF_BSTR 0x0100
#define FADF_UNKNOWN 0x0200
#define FADF_DISPATCH 0x0400
#define FADF_VARIANT 0x0800
#define FADF_HAVEVARTYPE 0x0080

/// The element type is where Windows keeps it: in the 4 bytes before the structure.
typedef struct tagSAFEARRAY {
  USHORT cDims;
  USHORT fFeatures;
  ULONG cbElements;
  ULONG cLocks;
  PVOID pvData;
  SAFEARRAYBOUND rgsabound[1];
} SAFEARRAY, *LPSAFEARRAY;

typedef struct IUnknown IUnknown;
typedef struct IClassFactory IClassFactory;
typedef struct IDispatch IDispatch;
typedef struct ITypeInfo ITypeInfo;
typedef struct IEnumUnknown IEnumUnknown;
typedef struct IEnumVARIANT IEnumVARIANT;
typedef struct IConnectionPoint IConnectionPoint;
typedef struct IConnectionPointContainer IConnectionPointContainer;
typedef struct IEnumConnectionPoints IEnumConnectionPoints;
typedef struct IEnumConnections IEnumConnections;
typedef IUnknown* LPUNKNOWN;
typedef IDispatch* LPDISPATCH;
typedef IConnectionPoint* LPCONNECTIONPOINT;

typedef struct tagVARIANT VARIANT, VARIANTARG, *LPVARIANT, *LPVARIANTARG;
struct tagVARIANT {
  VARTYPE vt;
  WORD wReserved1;
  WORD wReserved2;
  WORD wReserved3;
  union {
    LONGLONG llVal;
    LONG lVal;
    BYTE bVal;
    SHORT iVal;
    FLOAT fltVal;
    DOUBLE dblVal;
    VARIANT_BOOL boolVal;
    SCODE scode;
    CY cyVal;
    DATE date;
    BSTR bstrVal;
    IUnknown* punkVal;
    IDispatch* pdispVal;
    SAFEARRAY* parray;
    BYTE* pbVal;
    SHORT* piVal;
    LONG* plVal;
    LONGLONG* pllVal;
    FLOAT* pfltVal;
    DOUBLE* pdblVal;
    VARIANT_BOOL* pboolVal;
    SCODE* pscode;
    BSTR* pbstrVal;
    IUnknown** ppunkVal;
    IDispatch** ppdispVal;
    SAFEARRAY** pparray;
    VARIANT* pvarVal;
    PVOID byref;
    CHAR cVal;
    USHORT uiVal;
    ULONG ulVal;
    ULONGLONG ullVal;
    INT intVal;
    UINT uintVal;
    PVOID brecord[2];
  };
};
#define V_VT(v) ((v)->vt)
#define V_I4(v) ((v)->lVal)
#define V_UI1(v) ((v)->bVal)
#define V_BOOL(v) ((v)->boolVal)
#define V_BSTR(v) ((v)->bstrVal)
#define V_UNKNOWN(v) ((v)->punkVal)
#define V_DISPATCH(v) ((v)->pdispVal)
#define V_ARRAY(v) ((v)->parray)
#define V_BYREF(v) ((v)->byref)

typedef struct tagDISPPARAMS {
  VARIANTARG* rgvarg;  // the last argument first
  DISPID* rgdispidNamedArgs;
  UINT cArgs;
  UINT cNamedArgs;
} DISPPARAMS;

typedef struct tagEXCEPINFO {
  WORD wCode;
  WORD wReserved;
  BSTR bstrSource;
  BSTR bstrDescription;
  BSTR bstrHelpFile;
  DWORD dwHelpContext;
  PVOID pvReserved;
  HRESULT(STDMETHODCALLTYPE* pfnDeferredFillIn)(struct tagEXCEPINFO*);
  SCODE scode;
} EXCEPINFO;

typedef struct tagCONNECTDATA {
  IUnknown* pUnk;
  DWORD dwCookie;
} CONNECTDATA, *LPCONNECTDATA;

#define DISPATCH_METHOD 0x1
#define DISPATCH_PROPERTYGET 0x2
#define DISPATCH_PROPERTYPUT 0x4
#define DISPATCH_PROPERTYPUTREF 0x8
#define DISPID_UNKNOWN (-1)
#define DISPID_VALUE 0
#define DISPID_PROPERTYPUT (-3)
#define DISPID_NEWENUM (-4)

// ---- interfaces, in vtable order; in C, SWITCHHOOK_…_VTBL are the rows that others continue

SWITCHHOOK_COM_IID(IUnknown, IID_IUnknown);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IUnknown {
  virtual HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) = 0;
  virtual ULONG STDMETHODCALLTYPE AddRef() = 0;
  virtual ULONG STDMETHODCALLTYPE Release() = 0;
};
#else
#define SWITCHHOOK_IUNKNOWN_VTBL(I)                                                    \
  HRESULT(STDMETHODCALLTYPE* QueryInterface)(I * This, REFIID riid, void** ppvObject); \
  ULONG(STDMETHODCALLTYPE* AddRef)(I * This);                                          \
  ULONG(STDMETHODCALLTYPE* Release)(I * This);
typedef struct IUnknownVtbl {
  SWITCHHOOK_IUNKNOWN_VTBL(IUnknown)
} IUnknownVtbl;
struct IUnknown {
  const IUnknownVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(IClassFactory, IID_IClassFactory);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IClassFactory : public IUnknown {
  virtual HRESULT STDMETHODCALLTYPE CreateInstance(IUnknown* pUnkOuter, REFIID riid,
                                                   void** ppvObject) = 0;
  virtual HRESULT STDMETHODCALLTYPE LockServer(BOOL fLock) = 0;
};
#else
typedef struct IClassFactoryVtbl {
  SWITCHHOOK_IUNKNOWN_VTBL(IClassFactory)
  HRESULT(STDMETHODCALLTYPE* CreateInstance)
  (IClassFactory* This, IUnknown* pUnkOuter, REFIID riid, void** ppvObject);
  HRESULT(STDMETHODCALLTYPE* LockServer)(IClassFactory* This, BOOL fLock);
} IClassFactoryVtbl;
struct IClassFactory {
  const IClassFactoryVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(IDispatch, IID_IDispatch);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IDispatch : public IUnknown {
  virtual HRESULT STDMETHODCALLTYPE GetTypeInfoCount(UINT* pctinfo) = 0;
  virtual HRESULT STDMETHODCALLTYPE GetTypeInfo(UINT iTInfo, LCID lcid, ITypeInfo** ppTInfo) = 0;
  virtual HRESULT STDMETHODCALLTYPE GetIDsOfNames(REFIID riid, LPOLESTR* rgszNames, UINT cNames,
                                                  LCID lcid, DISPID* rgDispId) = 0;
  virtual HRESULT STDMETHODCALLTYPE Invoke(DISPID dispIdMember, REFIID riid, LCID lcid, WORD wFlags,
                                           DISPPARAMS* pDispParams, VARIANT* pVarResult,
                                           EXCEPINFO* pExcepInfo, UINT* puArgErr) = 0;
};
#else
#define SWITCHHOOK_IDISPATCH_VTBL(I)                                                               \
  SWITCHHOOK_IUNKNOWN_VTBL(I)                                                                      \
  HRESULT(STDMETHODCALLTYPE* GetTypeInfoCount)(I * This, UINT * pctinfo);                          \
  HRESULT(STDMETHODCALLTYPE* GetTypeInfo)(I * This, UINT iTInfo, LCID lcid, ITypeInfo * *ppTInfo); \
  HRESULT(STDMETHODCALLTYPE* GetIDsOfNames)                                                        \
  (I * This, REFIID riid, LPOLESTR * rgszNames, UINT cNames, LCID lcid, DISPID * rgDispId);        \
  HRESULT(STDMETHODCALLTYPE* Invoke)                                                               \
  (I * This, DISPID dispIdMember, REFIID riid, LCID lcid, WORD wFlags, DISPPARAMS * pDispParams,   \
   VARIANT * pVarResult, EXCEPINFO * pExcepInfo, UINT * puArgErr);
typedef struct IDispatchVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(IDispatch)
} IDispatchVtbl;
struct IDispatch {
  const IDispatchVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(IEnumUnknown, IID_IEnumUnknown);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IEnumUnknown : public IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Next(ULONG celt, IUnknown** rgelt, ULONG* pceltFetched) = 0;
  virtual HRESULT STDMETHODCALLTYPE Skip(ULONG celt) = 0;
  virtual HRESULT STDMETHODCALLTYPE Reset() = 0;
  virtual HRESULT STDMETHODCALLTYPE Clone(IEnumUnknown** ppenum) = 0;
};
#else
typedef struct IEnumUnknownVtbl {
  SWITCHHOOK_IUNKNOWN_VTBL(IEnumUnknown)
  HRESULT(STDMETHODCALLTYPE* Next)
  (IEnumUnknown* This, ULONG celt, IUnknown** rgelt, ULONG* pceltFetched);
  HRESULT(STDMETHODCALLTYPE* Skip)(IEnumUnknown* This, ULONG celt);
  HRESULT(STDMETHODCALLTYPE* Reset)(IEnumUnknown* This);
  HRESULT(STDMETHODCALLTYPE* Clone)(IEnumUnknown* This, IEnumUnknown** ppenum);
} IEnumUnknownVtbl;
struct IEnumUnknown {
  const IEnumUnknownVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(IEnumVARIANT, IID_IEnumVARIANT);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IEnumVARIANT : public IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Next(ULONG celt, VARIANT* rgVar, ULONG* pCeltFetched) = 0;
  virtual HRESULT STDMETHODCALLTYPE Skip(ULONG celt) = 0;
  virtual HRESULT STDMETHODCALLTYPE Reset() = 0;
  virtual HRESULT STDMETHODCALLTYPE Clone(IEnumVARIANT** ppEnum) = 0;
};
#else
typedef struct IEnumVARIANTVtbl {
  SWITCHHOOK_IUNKNOWN_VTBL(IEnumVARIANT)
  HRESULT(STDMETHODCALLTYPE* Next)
  (IEnumVARIANT* This, ULONG celt, VARIANT* rgVar, ULONG* pCeltFetched);
  HRESULT(STDMETHODCALLTYPE* Skip)(IEnumVARIANT* This, ULONG celt);
  HRESULT(STDMETHODCALLTYPE* Reset)(IEnumVARIANT* This);
  HRESULT(STDMETHODCALLTYPE* Clone)(IEnumVARIANT* This, IEnumVARIANT** ppEnum);
} IEnumVARIANTVtbl;
struct IEnumVARIANT {
  const IEnumVARIANTVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(IConnectionPoint, IID_IConnectionPoint);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IConnectionPoint : public IUnknown {
  virtual HRESULT STDMETHODCALLTYPE GetConnectionInterface(IID* piid) = 0;
  virtual HRESULT STDMETHODCALLTYPE
  GetConnectionPointContainer(IConnectionPointContainer** ppCPC) = 0;
  virtual HRESULT STDMETHODCALLTYPE Advise(IUnknown* pUnkSink, DWORD* pdwCookie) = 0;
  virtual HRESULT STDMETHODCALLTYPE Unadvise(DWORD dwCookie) = 0;
  virtual HRESULT STDMETHODCALLTYPE EnumConnections(IEnumConnections** ppEnum) = 0;
};
#else
typedef struct IConnectionPointVtbl {
  SWITCHHOOK_IUNKNOWN_VTBL(IConnectionPoint)
  HRESULT(STDMETHODCALLTYPE* GetConnectionInterface)(IConnectionPoint* This, IID* piid);
  HRESULT(STDMETHODCALLTYPE* GetConnectionPointContainer)
  (IConnectionPoint* This, IConnectionPointContainer** ppCPC);
  HRESULT(STDMETHODCALLTYPE* Advise)(IConnectionPoint* This, IUnknown* pUnkSink, DWORD* pdwCookie);
  HRESULT(STDMETHODCALLTYPE* Unadvise)(IConnectionPoint* This, DWORD dwCookie);
  HRESULT(STDMETHODCALLTYPE* EnumConnections)(IConnectionPoint* This, IEnumConnections** ppEnum);
} IConnectionPointVtbl;
struct IConnectionPoint {
  const IConnectionPointVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(IConnectionPointContainer, IID_IConnectionPointContainer);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IConnectionPointContainer : public IUnknown {
  virtual HRESULT STDMETHODCALLTYPE EnumConnectionPoints(IEnumConnectionPoints** ppEnum) = 0;
  virtual HRESULT STDMETHODCALLTYPE FindConnectionPoint(REFIID riid, IConnectionPoint** ppCP) = 0;
};
#else
typedef struct IConnectionPointContainerVtbl {
  SWITCHHOOK_IUNKNOWN_VTBL(IConnectionPointContainer)
  HRESULT(STDMETHODCALLTYPE* EnumConnectionPoints)
  (IConnectionPointContainer* This, IEnumConnectionPoints** ppEnum);
  HRESULT(STDMETHODCALLTYPE* FindConnectionPoint)
  (IConnectionPointContainer* This, REFIID riid, IConnectionPoint** ppCP);
} IConnectionPointContainerVtbl;
struct IConnectionPointContainer {
  const IConnectionPointContainerVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(IEnumConnectionPoints, IID_IEnumConnectionPoints);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IEnumConnectionPoints : public IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Next(ULONG cConnections, LPCONNECTIONPOINT* ppCP,
                                         ULONG* pcFetched) = 0;
  virtual HRESULT STDMETHODCALLTYPE Skip(ULONG cConnections) = 0;
  virtual HRESULT STDMETHODCALLTYPE Reset() = 0;
  virtual HRESULT STDMETHODCALLTYPE Clone(IEnumConnectionPoints** ppEnum) = 0;
};
#else
typedef struct IEnumConnectionPointsVtbl {
  SWITCHHOOK_IUNKNOWN_VTBL(IEnumConnectionPoints)
  HRESULT(STDMETHODCALLTYPE* Next)
  (IEnumConnectionPoints* This, ULONG cConnections, LPCONNECTIONPOINT* ppCP, ULONG* pcFetched);
  HRESULT(STDMETHODCALLTYPE* Skip)(IEnumConnectionPoints* This, ULONG cConnections);
  HRESULT(STDMETHODCALLTYPE* Reset)(IEnumConnectionPoints* This);
  HRESULT(STDMETHODCALLTYPE* Clone)(IEnumConnectionPoints* This, IEnumConnectionPoints** ppEnum);
} IEnumConnectionPointsVtbl;
struct IEnumConnectionPoints {
  const IEnumConnectionPointsVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(IEnumConnections, IID_IEnumConnections);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IEnumConnections : public IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Next(ULONG cConnections, LPCONNECTDATA rgcd,
                                         ULONG* pcFetched) = 0;
  virtual HRESULT STDMETHODCALLTYPE Skip(ULONG cConnections) = 0;
  virtual HRESULT STDMETHODCALLTYPE Reset() = 0;
  virtual HRESULT STDMETHODCALLTYPE Clone(IEnumConnections** ppEnum) = 0;
};
#else
typedef struct IEnumConnectionsVtbl {
  SWITCHHOOK_IUNKNOWN_VTBL(IEnumConnections)
  HRESULT(STDMETHODCALLTYPE* Next)
  (IEnumConnections* This, ULONG cConnections, LPCONNECTDATA rgcd, ULONG* pcFetched);
  HRESULT(STDMETHODCALLTYPE* Skip)(IEnumConnections* This, ULONG cConnections);
  HRESULT(STDMETHODCALLTYPE* Reset)(IEnumConnections* This);
  HRESULT(STDMETHODCALLTYPE* Clone)(IEnumConnections* This, IEnumConnections** ppEnum);
} IEnumConnectionsVtbl;
struct IEnumConnections {
  const IEnumConnectionsVtbl* lpVtbl;
};
#endif

// ---- functions

#define CLSCTX_INPROC_SERVER 0x1
#define CLSCTX_INPROC_HANDLER 0x2
#define CLSCTX_LOCAL_SERVER 0x4
#define CLSCTX_ALL 0x17

typedef enum tagCOINIT {
  COINIT_MULTITHREADED = 0x0,
  COINIT_APARTMENTTHREADED = 0x2,
  COINIT_DISABLE_OLE1DDE = 0x4,
  COINIT_SPEED_OVER_MEMORY = 0x8
} COINIT;

/// Counts one more use of COM by this thread. S_FALSE when the thread had one already;
/// RPC_E_CHANGED_MODE when it had one of the other kind; E_INVALIDARG when pvReserved is not null.
STDAPI CoInitializeEx(LPVOID pvReserved, DWORD dwCoInit);
/// CoInitializeEx with COINIT_APARTMENTTHREADED.
STDAPI CoInitialize(LPVOID pvReserved);
/// Takes one use back. A call too many does nothing.
STDAPI_(void) CoUninitialize(void);
/// Makes a TAPI or DispatchMapper object. CO_E_NOTINITIALIZED when no thread of the process holds a
/// use of COM; REGDB_E_CLASSNOTREG for other classes; CLASS_E_NOAGGREGATION; E_NOINTERFACE.
STDAPI CoCreateInstance(REFCLSID rclsid, LPUNKNOWN pUnkOuter, DWORD dwClsContext, REFIID riid,
                        LPVOID* ppv);
/// The class factory of a class, instead of an object.
STDAPI CoGetClassObject(REFCLSID rclsid, DWORD dwClsContext, LPVOID pvReserved, REFIID riid,
                        LPVOID* ppv);
STDAPI_(LPVOID) CoTaskMemAlloc(SIZE_T cb);
STDAPI_(LPVOID) CoTaskMemRealloc(LPVOID pv, SIZE_T cb);
STDAPI_(void) CoTaskMemFree(LPVOID pv);
/// "{B1EFC382-9355-11D0-835C-00AA003CCABD}". Returns the characters written with the terminator,
/// 39, or 0 when the buffer is too small.
STDAPI_(int) StringFromGUID2(REFGUID rguid, LPOLESTR lpsz, int cchMax);
/// With or without braces. CO_E_CLASSSTRING when it is no GUID.
STDAPI CLSIDFromString(LPCOLESTR lpsz, LPCLSID pclsid);
STDAPI IIDFromString(LPCOLESTR lpsz, LPIID lpiid);

/// A copy with its length before it. Null for null, and when there is no memory.
STDAPI_(BSTR) SysAllocString(const OLECHAR* psz);
STDAPI_(BSTR) SysAllocStringLen(const OLECHAR* strIn, UINT ui);
STDAPI_(BSTR) SysAllocStringByteLen(LPCSTR psz, UINT len);
STDAPI_(INT) SysReAllocString(BSTR* pbstr, const OLECHAR* psz);
STDAPI_(void) SysFreeString(BSTR bstrString);
STDAPI_(UINT) SysStringLen(BSTR pbstr);
STDAPI_(UINT) SysStringByteLen(BSTR bstr);

STDAPI_(void) VariantInit(VARIANTARG* pvarg);
/// Frees what the variant holds. DISP_E_BADVARTYPE, DISP_E_ARRAYISLOCKED.
STDAPI VariantClear(VARIANTARG* pvarg);
STDAPI VariantCopy(VARIANTARG* pvargDest, const VARIANTARG* pvargSrc);
/// Between the integers, VT_BOOL, VT_BSTR, VT_UNKNOWN and VT_DISPATCH; through VT_BYREF.
STDAPI VariantChangeType(VARIANTARG* pvargDest, const VARIANTARG* pvarSrc, USHORT wFlags,
                         VARTYPE vt);

STDAPI_(SAFEARRAY*) SafeArrayCreate(VARTYPE vt, UINT cDims, SAFEARRAYBOUND* rgsabound);
STDAPI_(SAFEARRAY*) SafeArrayCreateVector(VARTYPE vt, LONG lLbound, ULONG cElements);
STDAPI SafeArrayDestroy(SAFEARRAY* psa);
STDAPI SafeArrayCopy(SAFEARRAY* psa, SAFEARRAY** ppsaOut);
STDAPI_(UINT) SafeArrayGetDim(SAFEARRAY* psa);
STDAPI_(UINT) SafeArrayGetElemsize(SAFEARRAY* psa);
STDAPI SafeArrayGetLBound(SAFEARRAY* psa, UINT nDim, LONG* plLbound);
STDAPI SafeArrayGetUBound(SAFEARRAY* psa, UINT nDim, LONG* plUbound);
STDAPI SafeArrayGetVartype(SAFEARRAY* psa, VARTYPE* pvt);
STDAPI SafeArrayLock(SAFEARRAY* psa);
STDAPI SafeArrayUnlock(SAFEARRAY* psa);
STDAPI SafeArrayAccessData(SAFEARRAY* psa, void** ppvData);
STDAPI SafeArrayUnaccessData(SAFEARRAY* psa);
STDAPI SafeArrayGetElement(SAFEARRAY* psa, LONG* rgIndices, void* pv);
STDAPI SafeArrayPutElement(SAFEARRAY* psa, LONG* rgIndices, void* pv);

#endif  // _WIN32
#endif  // SWITCHHOOK_TAPI_TAPICOM_H
