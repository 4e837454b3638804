/* SPDX-License-Identifier: MIT */
/*
 * stream.c - IStream on memory: CreateStreamOnHGlobal()
 *
 * Clones share the bytes and have positions of their own. Any thread may use a
 * stream; one lock for all clones.
 */
#define COBJMACROS
#define CONST_VTABLE

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <belay/com/objbase.h>

/* Bytes beyond it could not be seeked to. */
#define SIZE_LIMIT ((uint64_t)INT64_MAX)

struct bytes {
	pthread_mutex_t lock; /* of what follows, and of positions */
	unsigned char *data;
	uint64_t size;
	uint64_t capacity;
	uint32_t streams;
};

struct stream {
	IStream iface;
	uint32_t references;
	struct bytes *bytes;
	uint64_t position;
};

static const IStreamVtbl stream_vtbl;

static struct stream *impl_from_IStream(IStream *iface)
{
	return (struct stream *)iface;
}

/* The bytes between are zeros; S_OK or STG_E_MEDIUMFULL; with the lock held. */
static HRESULT resize(struct bytes *bytes, uint64_t size)
{
	uint64_t capacity = bytes->capacity;
	unsigned char *data;

	if (size > SIZE_LIMIT)
		return STG_E_MEDIUMFULL;
	if (size > capacity) {
		capacity = capacity < SIZE_LIMIT / 2 ? 2 * capacity : size;
		if (capacity < size)
			capacity = size;
		data = realloc(bytes->data, capacity);
		if (!data)
			return STG_E_MEDIUMFULL;
		bytes->data = data;
		bytes->capacity = capacity;
	}
	if (size > bytes->size)
		memset(bytes->data + bytes->size, 0, size - bytes->size);
	bytes->size = size;
	return S_OK;
}

static struct stream *stream_new(struct bytes *bytes, uint64_t position)
{
	struct stream *stream = malloc(sizeof(*stream));

	if (!stream)
		return NULL;
	*stream = (struct stream){
		.iface = {.lpVtbl = &stream_vtbl},
		.references = 1,
		.bytes = bytes,
		.position = position,
	};
	return stream;
}

static struct bytes *bytes_unref(struct bytes *bytes)
{
	if (__atomic_sub_fetch(&bytes->streams, 1, __ATOMIC_ACQ_REL))
		return NULL;
	(void)pthread_mutex_destroy(&bytes->lock);
	free(bytes->data);
	free(bytes);
	return NULL;
}

static HRESULT stream_QueryInterface(IStream *iface, REFIID riid, void **ppv)
{
	if (!ppv)
		return E_POINTER;
	*ppv = NULL;
	if (!IsEqualIID(riid, &IID_IUnknown) &&
	    !IsEqualIID(riid, &IID_ISequentialStream) &&
	    !IsEqualIID(riid, &IID_IStream))
		return E_NOINTERFACE;
	(void)IStream_AddRef(iface);
	*ppv = iface;
	return S_OK;
}

static ULONG stream_AddRef(IStream *iface)
{
	struct stream *stream = impl_from_IStream(iface);

	return __atomic_add_fetch(&stream->references, 1, __ATOMIC_RELAXED);
}

static ULONG stream_Release(IStream *iface)
{
	struct stream *stream = impl_from_IStream(iface);
	ULONG left =
		__atomic_sub_fetch(&stream->references, 1, __ATOMIC_ACQ_REL);

	if (left)
		return left;
	(void)bytes_unref(stream->bytes);
	free(stream);
	return 0;
}

static HRESULT stream_Read(IStream *iface, void *pv, ULONG cb, ULONG *pcbRead)
{
	struct stream *stream = impl_from_IStream(iface);
	struct bytes *bytes = stream->bytes;
	uint64_t count = 0;

	if (pcbRead)
		*pcbRead = 0;
	if (!pv)
		return STG_E_INVALIDPOINTER;
	(void)pthread_mutex_lock(&bytes->lock);
	if (stream->position < bytes->size)
		count = bytes->size - stream->position;
	if (count > cb)
		count = cb;
	if (count)
		memcpy(pv, bytes->data + stream->position, count);
	stream->position += count;
	(void)pthread_mutex_unlock(&bytes->lock);
	if (pcbRead)
		*pcbRead = (ULONG)count;
	return S_OK;
}

static HRESULT stream_Write(IStream *iface, const void *pv, ULONG cb,
			    ULONG *pcbWritten)
{
	struct stream *stream = impl_from_IStream(iface);
	struct bytes *bytes = stream->bytes;
	HRESULT hr = S_OK;

	if (pcbWritten)
		*pcbWritten = 0;
	if (!pv)
		return STG_E_INVALIDPOINTER;
	if (!cb)
		return S_OK;
	(void)pthread_mutex_lock(&bytes->lock);
	if (stream->position > SIZE_LIMIT - cb)
		hr = STG_E_MEDIUMFULL;
	else if (stream->position + cb > bytes->size)
		hr = resize(bytes, stream->position + cb);
	if (SUCCEEDED(hr)) {
		memcpy(bytes->data + stream->position, pv, cb);
		stream->position += cb;
	}
	(void)pthread_mutex_unlock(&bytes->lock);
	if (SUCCEEDED(hr) && pcbWritten)
		*pcbWritten = cb;
	return hr;
}

static HRESULT stream_Seek(IStream *iface, LARGE_INTEGER dlibMove,
			   DWORD dwOrigin, ULARGE_INTEGER *plibNewPosition)
{
	struct stream *stream = impl_from_IStream(iface);
	int64_t origin = 0, position;
	HRESULT hr = S_OK;

	(void)pthread_mutex_lock(&stream->bytes->lock);
	if (dwOrigin == STREAM_SEEK_CUR)
		origin = (int64_t)stream->position;
	else if (dwOrigin == STREAM_SEEK_END)
		origin = (int64_t)stream->bytes->size;
	if (dwOrigin > STREAM_SEEK_END ||
	    __builtin_add_overflow(origin, dlibMove.QuadPart, &position) ||
	    position < 0)
		hr = STG_E_INVALIDFUNCTION;
	else
		stream->position = (uint64_t)position;
	if (plibNewPosition)
		plibNewPosition->QuadPart = stream->position;
	(void)pthread_mutex_unlock(&stream->bytes->lock);
	return hr;
}

static HRESULT stream_SetSize(IStream *iface, ULARGE_INTEGER libNewSize)
{
	struct bytes *bytes = impl_from_IStream(iface)->bytes;
	HRESULT hr;

	(void)pthread_mutex_lock(&bytes->lock);
	hr = resize(bytes, libNewSize.QuadPart);
	(void)pthread_mutex_unlock(&bytes->lock);
	return hr;
}

static HRESULT stream_CopyTo(IStream *iface, IStream *pstm, ULARGE_INTEGER cb,
			     ULARGE_INTEGER *pcbRead,
			     ULARGE_INTEGER *pcbWritten)
{
	unsigned char space[4096];
	uint64_t read = 0, written = 0;
	HRESULT hr = S_OK;

	if (!pstm)
		return STG_E_INVALIDPOINTER;
	/* The other one may be a clone: no lock is held between the two. */
	while (read < cb.QuadPart) {
		uint64_t left = cb.QuadPart - read;
		ULONG wanted = left < sizeof(space) ? left : sizeof(space);
		ULONG got = 0, put = 0;

		hr = IStream_Read(iface, space, wanted, &got);
		read += got;
		if (FAILED(hr) || !got)
			break;
		hr = IStream_Write(pstm, space, got, &put);
		written += put;
		if (FAILED(hr) || put < got)
			break;
	}
	if (pcbRead)
		pcbRead->QuadPart = read;
	if (pcbWritten)
		pcbWritten->QuadPart = written;
	return hr;
}

static HRESULT stream_Commit(IStream *iface, DWORD grfCommitFlags)
{
	(void)iface;
	(void)grfCommitFlags;
	return S_OK;
}

static HRESULT stream_Revert(IStream *iface)
{
	(void)iface;
	return S_OK;
}

static HRESULT stream_LockRegion(IStream *iface, ULARGE_INTEGER libOffset,
				 ULARGE_INTEGER cb, DWORD dwLockType)
{
	(void)iface;
	(void)libOffset;
	(void)cb;
	(void)dwLockType;
	return STG_E_INVALIDFUNCTION;
}

static HRESULT stream_Stat(IStream *iface, STATSTG *pstatstg, DWORD grfStatFlag)
{
	struct bytes *bytes = impl_from_IStream(iface)->bytes;

	(void)grfStatFlag;
	if (!pstatstg)
		return STG_E_INVALIDPOINTER;
	*pstatstg = (STATSTG){
		.type = STGTY_STREAM,
		.grfMode = STGM_READWRITE,
	};
	(void)pthread_mutex_lock(&bytes->lock);
	pstatstg->cbSize.QuadPart = bytes->size;
	(void)pthread_mutex_unlock(&bytes->lock);
	return S_OK;
}

static HRESULT stream_Clone(IStream *iface, IStream **ppstm)
{
	struct stream *stream = impl_from_IStream(iface);
	struct stream *clone;

	if (!ppstm)
		return STG_E_INVALIDPOINTER;
	*ppstm = NULL;
	(void)pthread_mutex_lock(&stream->bytes->lock);
	clone = stream_new(stream->bytes, stream->position);
	(void)pthread_mutex_unlock(&stream->bytes->lock);
	if (!clone)
		return E_OUTOFMEMORY;
	__atomic_add_fetch(&stream->bytes->streams, 1, __ATOMIC_RELAXED);
	*ppstm = &clone->iface;
	return S_OK;
}

static const IStreamVtbl stream_vtbl = {
	stream_QueryInterface, stream_AddRef,     stream_Release,
	stream_Read,           stream_Write,      stream_Seek,
	stream_SetSize,        stream_CopyTo,     stream_Commit,
	stream_Revert,         stream_LockRegion, stream_LockRegion,
	stream_Stat,           stream_Clone,
};

HRESULT CreateStreamOnHGlobal(HGLOBAL memory, BOOL delete_on_release,
			      LPSTREAM *ppstream)
{
	struct stream *stream;
	struct bytes *bytes;

	if (!ppstream)
		return E_INVALIDARG;
	*ppstream = NULL;
	(void)delete_on_release;
	/* Windows' movable memory blocks are not here, only what they hold. */
	if (memory)
		return E_INVALIDARG;
	bytes = calloc(1, sizeof(*bytes));
	stream = bytes ? stream_new(bytes, 0) : NULL;
	if (!stream) {
		free(bytes);
		return E_OUTOFMEMORY;
	}
	bytes->streams = 1;
	(void)pthread_mutex_init(&bytes->lock, NULL);
	*ppstream = &stream->iface;
	return S_OK;
}
