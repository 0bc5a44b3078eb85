"""Addresses of what every record shares: comments, files, links and drafts."""

from django.urls import path

from clerestory.desk.record import views

_OF = "records/<str:kind>/<path:record_id>"

urlpatterns = [
    path(f"{_OF}/comment/", views.comment, name="record-comment"),
    path("records/comments/<int:comment_id>/", views.change, name="record-comment-change"),
    path("records/comments/<int:comment_id>/delete/", views.delete, name="record-comment-delete"),
    path("records/comments/<int:comment_id>/restore/", views.restore, name="record-comment-restore"),
    path(f"{_OF}/file/", views.file, name="record-file"),
    path(f"{_OF}/file/<str:entry_id>/", views.download, name="record-file-open"),
    path("records/files/<str:entry_id>/remove/", views.remove, name="record-file-remove"),
    path(f"{_OF}/link/", views.link, name="record-link"),
    path(f"{_OF}/unlink/", views.unlink, name="record-unlink"),
    path(f"{_OF}/paper/", views.paper, name="record-paper"),
    path("drafts/<path:key>/discard/", views.discard, name="draft-discard"),
    path("drafts/<path:key>/", views.draft, name="draft"),
]
